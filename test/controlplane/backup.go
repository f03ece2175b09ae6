package controlplane

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Backup stops the API server and etcd, keeps what is stored, and starts both again. What was kept is restored by the function that it returns,
// which does the same: as after an accident, all that was written meanwhile is gone, and resource versions begin again where they were.
func (c *ControlPlane) Backup(ctx context.Context) (restore func(context.Context) error, err error) {
	stored, kept := filepath.Join(c.dir.path, "etcd"), filepath.Join(c.dir.path, "etcd-backup")
	err = c.withoutEtcd(ctx, func() error { return os.CopyFS(kept, os.DirFS(stored)) })
	if err != nil {
		return nil, fmt.Errorf("back up etcd: %w", err)
	}
	return func(ctx context.Context) error {
		err := c.withoutEtcd(ctx, func() error {
			if err := os.RemoveAll(stored); err != nil {
				return err
			}
			return os.Rename(kept, stored)
		})
		if err != nil {
			return fmt.Errorf("restore etcd: %w", err)
		}
		return nil
	}, nil
}

// withoutEtcd does something while neither etcd nor the API server runs.
func (c *ControlPlane) withoutEtcd(ctx context.Context, do func() error) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.apiServer.Kill()
	c.etcd.Kill()
	if err := do(); err != nil {
		return err
	}
	if err := c.startEtcd(ctx); err != nil {
		return err
	}
	return c.startAPIServer(ctx)
}

// Age moves resource versions on by more than the start of an API server does, as days in a cluster would.
func (c *ControlPlane) Age(ctx context.Context) error {
	const writers, writes = 8, 200
	failures := make(chan error, writers)
	for range writers {
		go func() {
			var err error
			for i := 0; i < writes && err == nil; i++ {
				written := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{GenerateName: "age-"}}
				_, err = c.client.CoreV1().ConfigMaps(metav1.NamespaceDefault).Create(ctx, written, metav1.CreateOptions{})
			}
			failures <- err
		}()
	}
	var err error
	for range writers {
		err = errors.Join(err, <-failures)
	}
	return err
}
