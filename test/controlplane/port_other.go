//go:build unix && !linux

package controlplane

import "net"

// holdPort finds a free port of 127.0.0.1. It cannot hold it: only Linux lets another socket listen on a port that is
// bound already.
func holdPort() (port int, release func(), err error) {
	listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return 0, nil, err
	}
	return listener.Addr().(*net.TCPAddr).Port, func() {}, listener.Close()
}
