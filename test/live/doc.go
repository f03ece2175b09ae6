// Package live tests the live source of the cluster view against a real API server, with the rights that deploy/ gives to the server and
// no others.
package live
