import { describe, expect, it } from '@jest/globals';
import { parseBytes, parseDuration } from '../../src/config/quantity.ts';

describe('durations', () => {
  it.each([
    ['0', 0],
    ['250ms', 250],
    ['5s', 5_000],
    ['1.5s', 1_500],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['5', null],
    ['5 s', null],
    ['-5s', null],
    ['NaN', null],
    ['Infinitys', null],
    ['1e3ms', null],
    ['25d', null],
    ['600h', null],
    ['', null],
  ])('%j is %j ms', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });
});

describe('sizes', () => {
  it.each([
    ['10MiB', 10_485_760],
    ['64KiB', 65_536],
    ['1MB', 1_000_000],
    ['1.5KB', 1_500],
    ['65536', 65_536],
    ['10 MiB', null],
    ['-1', null],
    ['1GiBx', null],
    ['', null],
  ])('%j is %j bytes', (text, expected) => {
    expect(parseBytes(text)).toBe(expected);
  });
});
