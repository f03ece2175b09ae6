package controlplane

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/test/process"
)

// shared is the control plane of a test binary.
var shared struct {
	running bool // inside Run; without it nobody would stop the control plane
	once    sync.Once
	cluster *ControlPlane
	err     error
}

// Run runs the tests of a package and stops the control plane that they shared, if one of them asked for it. Call it
// from TestMain: os.Exit(controlplane.Run(m)).
func Run(m *testing.M) int {
	shared.running = true
	code := m.Run()
	if shared.cluster != nil {
		if err := shared.cluster.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "cannot stop the control plane:", err)
			return 1
		}
	}
	return code
}

// ForTest returns the control plane that the tests of the package share; the first call starts it. Tests keep apart by
// namespaces ([ControlPlane.NamespaceForTest]) and by selectors in what has none. A package whose TestMain does not
// call [Run] gets one for this test alone.
func ForTest(t testing.TB) *ControlPlane {
	t.Helper()
	if !shared.running {
		return StartForTest(t, Options{})
	}
	shared.once.Do(func() { shared.cluster, shared.err = Start(context.Background(), Options{}) })
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	showLogsOfFailure(t, shared.cluster)
	return shared.cluster
}

// StartForTest starts a control plane for one test and stops it at the end of the test.
func StartForTest(t testing.TB, options Options) *ControlPlane {
	t.Helper()
	cluster, err := Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	showLogsOfFailure(t, cluster)
	return cluster
}

func showLogsOfFailure(t testing.TB, cluster *ControlPlane) {
	t.Cleanup(func() {
		if t.Failed() {
			t.Log("\n" + cluster.LogTail(process.TailLines))
		}
	})
}

// NamespaceForTest creates a namespace with a name of its own, in which pods can be created, and starts its deletion
// when the test ends.
func (c *ControlPlane) NamespaceForTest(t testing.TB) string {
	t.Helper()
	namespace, err := c.CreateNamespace(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// t.Context has ended by now.
		if err := c.client.CoreV1().Namespaces().Delete(context.Background(), namespace.Name, metav1.DeleteOptions{}); err != nil {
			t.Log("namespace not deleted:", err)
		}
	})
	return namespace.Name
}

// PortForTest holds a free port of an IPv4 address of this machine until the test ends: nobody else is given it, connections
// to it are refused, and a server may listen on it.
func PortForTest(t testing.TB, address string) int32 {
	t.Helper()
	ip, err := netip.ParseAddr(address)
	if err != nil {
		t.Fatal(err)
	}
	port, release, err := holdPort(ip)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	return int32(port)
}

// patience is how long Eventually waits. It is long on purpose: it only ever passes when something is broken.
const patience = 3 * time.Minute

// Eventually asks every 100 ms until answer gives nil, and fails the test with the last error after three minutes. It may be
// used in a cleanup, too.
func Eventually(t testing.TB, what string, answer func(ctx context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience) // in a cleanup that of the test has ended
	defer cancel()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := answer(ctx)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s: not so after %s: %v", what, patience, err)
		case <-ticker.C:
		}
	}
}
