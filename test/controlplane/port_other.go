//go:build unix && !linux

package controlplane

import (
	"net"
	"net/netip"
)

// holdPort finds a free port of an IPv4 address. It cannot hold it: only Linux lets another socket listen on a port that is
// bound already.
func holdPort(ip netip.Addr) (port int, release func(), err error) {
	listener, err := net.ListenTCP("tcp4", net.TCPAddrFromAddrPort(netip.AddrPortFrom(ip, 0)))
	if err != nil {
		return 0, nil, err
	}
	return listener.Addr().(*net.TCPAddr).Port, func() {}, listener.Close()
}
