// Package programs builds the programs of others that tests run, each from a Go module with a go.sum of its own, so that none of our
// modules requires what they do, and keeps them in test/.cache.
package programs
