package controlplane

import (
	"errors"
	"net"
	"strconv"
	"syscall"
	"testing"
)

func TestHeldPortRefusesThenServesThenRefuses(t *testing.T) {
	port, release, err := holdPort(loopback)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	for range 2 {
		if _, err := net.Dial("tcp", address); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Fatalf("nobody listens: got %v, want connection refused", err)
		}
		listener, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal("cannot listen on the held port:", err)
		}
		connection, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		connection.Close()
		listener.Close()
	}
}

func TestHeldPortsDiffer(t *testing.T) {
	seen := map[int]bool{}
	for range 200 {
		port, release, err := holdPort(loopback)
		if err != nil {
			t.Fatal(err)
		}
		defer release()
		if seen[port] {
			t.Fatalf("port %d was given twice", port)
		}
		seen[port] = true
	}
}
