// Package lru has nothing but tests: how good LRU maps are at keeping what will
// be asked for, next to an exact list by last use and to the kernel's map.
package lru
