package certs

import (
	"testing"
	"time"

	"github.com/kruise-admission/kruise-admission/certs"
	"github.com/kruise-admission/kruise-admission/test/controlplane"
)

// TestEtcdRestoredFromABackup: the authority has been rotated since, and what is restored in the Secret and in the configurations is that of before.
// A replica that has been running all the time notices, and is called again.
func TestEtcdRestoredFromABackup(t *testing.T) {
	cluster := controlplane.StartForTest(t, controlplane.Options{WithoutControllerManager: true})
	s := newSiteIn(t, cluster)
	source := s.source(certs.SelfManagedOptions{Settle: time.Second})
	port := s.serve(source)
	_, err := controlplane.ServiceToLoopback(t.Context(), s.admin, s.namespace, service, port)
	s.must(err)
	s.configure(port)
	s.eventuallyHealthy(source)
	controlplane.Eventually(t, "it is called", s.call)

	restore, err := cluster.Backup(t.Context())
	s.must(err)
	old := s.signer()
	s.rotate()
	s.must(cluster.Age(t.Context()))
	s.must(restore(t.Context()))
	if !s.signer().Equal(old) {
		t.Fatal("the rotation is still there")
	}
	controlplane.Eventually(t, "it is called by what was restored", s.call)
	s.eventuallyHealthy(source)
}
