//go:build unix && !linux

package process

import "syscall"

// attributes leaves it to the lifeline to end the process with its starter.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
