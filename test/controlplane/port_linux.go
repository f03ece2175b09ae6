package controlplane

import (
	"fmt"
	"net/netip"
	"os"
	"syscall"
)

// holdPort takes a free port of an IPv4 address and holds it until release is called.
//
// The usual way, listening on port 0 and closing again, lets another control plane or any outgoing connection take the
// port before the API server has it, and again while the API server restarts. So a socket stays bound to the port
// without listening: Linux then gives the port to nobody who asks for any port, refuses connections to it, and lets
// another socket listen on it when both have SO_REUSEADDR, as every listener made by Go has.
func holdPort(ip netip.Addr) (port int, release func(), err error) {
	if !ip.Is4() {
		return 0, nil, fmt.Errorf("%s is no IPv4 address", ip)
	}
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, nil, os.NewSyscallError("socket", err)
	}
	release = func() { _ = syscall.Close(socket) }
	if err := syscall.SetsockoptInt(socket, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		release()
		return 0, nil, os.NewSyscallError("setsockopt", err)
	}
	if err := syscall.Bind(socket, &syscall.SockaddrInet4{Addr: ip.As4()}); err != nil {
		release()
		return 0, nil, os.NewSyscallError("bind", err)
	}
	name, err := syscall.Getsockname(socket)
	if err != nil {
		release()
		return 0, nil, os.NewSyscallError("getsockname", err)
	}
	address, ok := name.(*syscall.SockaddrInet4)
	if !ok {
		release()
		return 0, nil, fmt.Errorf("a socket of IPv4 has the address %v", name)
	}
	return address.Port, release, nil
}
