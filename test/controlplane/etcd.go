package controlplane

import (
	"context"
	"net"
	"path/filepath"

	"github.com/kruise-admission/kruise-admission/test/process"
)

func (c *ControlPlane) etcdSocket() string { return filepath.Join(c.dir.path, "etcd.sock") }

// startEtcd starts a cluster of one. Its clients come through a Unix socket in the private folder of the run, so it
// needs neither a port nor certificates.
func (c *ControlPlane) startEtcd(ctx context.Context) (err error) {
	c.etcd, err = process.Start("etcd", c.binary, c.dir.path, c.logDir, "etcd",
		"--data-dir="+filepath.Join(c.dir.path, "etcd"),
		"--listen-client-urls=unix://"+c.etcdSocket(),
		// Nobody uses the advertised address, but etcd refuses to advertise a Unix socket (etcd pull request 12469).
		"--advertise-client-urls=http://127.0.0.1:0",
		"--listen-peer-urls=http://127.0.0.1:0",
		"--unsafe-no-fsync=true", // the data dies with the run; a killed process loses nothing, only a killed machine would
		"--log-level=warn",
	)
	if err != nil {
		return err
	}
	return c.etcd.WaitUntil(ctx, "its socket accepts connections", func(ctx context.Context) error {
		connection, err := new(net.Dialer).DialContext(ctx, "unix", c.etcdSocket())
		if err != nil {
			return err
		}
		return connection.Close()
	})
}
