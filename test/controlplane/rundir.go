package controlplane

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// runDir is the folder of one run: certificates, etcd's data and socket, logs. While the run lives it holds a lock in
// it, which the kernel drops however the run ends; folders whose lock is free are left over from runs that were killed.
type runDir struct {
	path string
	lock *os.File
}

// maxParent leaves room for "/run1234567890/etcd.sock" in the 104 bytes that the path of a Unix socket may have on macOS;
// Linux takes 108.
const maxParent = 104 - 1 - len("/run1234567890/etcd.sock")

// newRunDir removes what killed runs left behind and makes the folder of a new one.
func newRunDir() (*runDir, error) {
	parent := filepath.Join(os.TempDir(), "kruise-controlplane-"+strconv.Itoa(os.Getuid()))
	if len(parent) > maxParent {
		return nil, fmt.Errorf("temporary folder %s is too long for the Unix socket in it: set TMPDIR to a shorter one", parent)
	}
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return nil, err
	}
	// Between making a folder and locking it, it looks left over: one lock over both steps.
	whole, err := lockFile(filepath.Join(parent, "lock"), syscall.LOCK_EX)
	if err != nil {
		return nil, err
	}
	defer whole.Close()
	removeLeftOver(parent)
	path, err := os.MkdirTemp(parent, "run")
	if err != nil {
		return nil, err
	}
	lock, err := lockFile(filepath.Join(path, "lock"), syscall.LOCK_EX|syscall.LOCK_NB)
	if err != nil {
		return nil, err
	}
	return &runDir{path: path, lock: lock}, nil
}

func removeLeftOver(parent string) {
	runs, _ := filepath.Glob(filepath.Join(parent, "run*")) // the pattern is well formed
	for _, run := range runs {
		lock, err := lockFile(filepath.Join(run, "lock"), syscall.LOCK_EX|syscall.LOCK_NB)
		if err != nil {
			continue // alive
		}
		_ = os.RemoveAll(run) // what stays is tried again by the next run
		_ = lock.Close()
	}
}

// lockFile opens and locks a file; closing it drops the lock.
func lockFile(path string, how int) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), how); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return file, nil
}

func (d *runDir) remove() error {
	defer d.lock.Close()
	return os.RemoveAll(d.path)
}
