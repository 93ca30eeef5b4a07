// Package broken holds variants of tenants that are refused, and what is said about
// them: the first forgets that a tenant may have no policy, the second takes an
// inner map for a value.
package broken
