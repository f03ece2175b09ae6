package soak

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
	"github.com/kruise-admission/kruise-admission/test/installation"
	"github.com/kruise-admission/kruise-admission/test/process"
)

var (
	restarts          = flag.Int("restarts", 2, "`number` of rolling restarts")
	rotations         = flag.Int("rotations", 2, "`number` of rotations of the authority, while replicas restart")
	kills             = flag.Int("kills", 2, "`number` of replicas to kill")
	overwrites        = flag.Int("overwrites", 2, "`number` of times to overwrite the caBundles")
	apiServerRestarts = flag.Int("api-server-restarts", 1, "`number` of restarts of the API server")
)

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(controlplane.Run(m))
}

// TestSoak: see the package documentation.
func TestSoak(t *testing.T) {
	cluster := controlplane.StartForTest(t, controlplane.Options{})
	// Leaves live long enough for a replica that gets no CPU for a while, and short enough for retired authorities to be dropped in time.
	installed, err := installation.Install(t.Context(), cluster, installation.Options{SecondChance: true, Args: []string{
		"--drain-delay=3s", "--certificate-lifetime=40s", "--ca-lifetime=1h", "--ca-settle=2s"}})
	t.Cleanup(func() {
		if t.Failed() {
			t.Log("\n" + installed.LogTail(process.TailLines))
		}
		if err := installed.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, cluster: cluster, installed: installed, serving: installed.Replicas()}
	namespace := cluster.NamespaceForTest(t)
	s.selectPods(namespace)

	created := s.disturbReplicas(namespace) + s.disturbAPIServer(namespace)
	all, bare, err := stored(t.Context(), cluster.Client(), namespace)
	if err != nil {
		t.Fatal(err)
	}
	if bare != 0 {
		t.Errorf("%d of %d stored pods have no sidecar", bare, all)
	}
	// A pod whose creation failed with the API server may have been stored all the same.
	if all < created {
		t.Errorf("%d pods are stored, but %d were created", all, created)
	}
}

// disturbReplicas breaks everything but the API server, and returns how many pods were created.
func (s *site) disturbReplicas(namespace string) int {
	t := s.t
	s.load = startLoad(s.cluster.Client(), namespace)
	defer s.load.stop()

	rotated := make(chan error, 1)
	go func() {
		for range *rotations {
			if err := s.rotate(t.Context()); err != nil {
				rotated <- err
				return
			}
		}
		rotated <- nil
	}()
	for range *restarts {
		s.rollingRestart()
	}
	if err := <-rotated; err != nil {
		t.Fatal(err)
	}
	undisturbed := s.calls()
	for turn := range *kills {
		s.kill(turn)
	}
	killed := s.calls()
	var slowest time.Duration
	for turn := range *overwrites {
		slowest = max(slowest, s.overwrite(turn))
	}
	s.load.stop()

	s.outages.judge(t, s.load)
	overwritten := s.calls()
	overwritten.judge(t)
	if n := undisturbed.second.All; n != 0 {
		t.Errorf("restarts and rotations needed %d second calls, and should need none", n)
	}
	t.Logf("%d rolling restarts with %d rotations, %d replicas killed, caBundles overwritten %d times: %s of %d calls; because of a killed replica %d pods needed a second call and %d a third, while a caBundle was not ours (at most %s) %d a second",
		*restarts, *rotations, *kills, *overwrites, s.load, overwritten.first.All, killed.second.All-undisturbed.second.All,
		killed.last.All-undisturbed.last.All, slowest.Round(time.Millisecond), overwritten.second.All-killed.second.All)
	return int(s.load.created.Load())
}

// disturbAPIServer restarts the API server, whose counters begin anew each time, and returns how many pods were created.
func (s *site) disturbAPIServer(namespace string) int {
	t := s.t
	s.load = startLoad(s.cluster.Client(), namespace)
	defer s.load.stop()
	for range *apiServerRestarts {
		s.restartAPIServer()
	}
	s.load.stop()
	whileDown := s.outages.judge(t, s.load)
	after := s.calls()
	after.judge(t)
	if *apiServerRestarts > 0 && after.second.All != 0 {
		t.Errorf("since its last start the API server made %d second calls, and should need none", after.second.All)
	}
	t.Logf("%d restarts of the API server: %s, all while it was down (%d)", *apiServerRestarts, s.load, whileDown)
	return int(s.load.created.Load())
}

// selectPods creates the SidecarSet, and waits until pods get its container.
func (s *site) selectPods(namespace string) {
	s.t.Helper()
	object, err := installation.Parse(fmt.Sprintf(`
apiVersion: apps.kruise.io/v1beta1
kind: SidecarSet
metadata: {name: soak}
spec:
  selector: {matchLabels: {soak: "yes"}}
  containers: [{name: %s, image: "agent:1"}]
`, sidecar))
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.installed.Client.Create(s.t.Context(), object); err != nil {
		s.t.Fatal(err)
	}
	controlplane.Eventually(s.t, "every replica injects the sidecar", func(ctx context.Context) error {
		return s.installed.AskEveryReplica(ctx, newPod(namespace), func(pod *corev1.Pod) error {
			if !injected(pod) {
				return errors.New("no sidecar yet")
			}
			return nil
		})
	})
}
