package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
)

// TestAudit looks at a namespace with a pod that is older than its SidecarSet, one that was injected, and protected objects.
func TestAudit(t *testing.T) {
	s := newSite(t)
	namespace := s.NamespaceForTest(t)
	s.ask(t, "", "audit", "-n", namespace).has(t, 0, "0 findings")
	s.create(t, namespace, named(pod, "audit"))
	s.create(t, "", named(agent, "audit"))
	s.waitInjected(t, namespace, map[string]string{"cli": "audit"})
	s.create(t, namespace, strings.Replace(named(pod, "audit"), "name: audit", "name: late", 1))
	s.create(t, namespace, `{apiVersion: v1, kind: Service, metadata: {name: kept, labels: {policy.kruise.io/delete-protection: Always}}, spec: {ports: [{port: 80}]}}`)
	s.create(t, "", named(strings.Replace(agent, "cli: NAME", "cli: nobody", 1), "unused"))

	got := s.ask(t, "", "audit", "-n", namespace)
	got.has(t, 1, "older", "Pod "+namespace+"/audit", "Service "+namespace+"/kept", "1 finding,", "looked at 2 pods")
	for _, not := range []string{"Pod " + namespace + "/late", "unused"} {
		if strings.Contains(got.stdout, not) {
			t.Errorf("it says %q:\n%s", not, got.stdout)
		}
	}
	t.Run("as JSON, of all namespaces", func(t *testing.T) {
		var report struct {
			Pods      int
			Findings  []struct{ Kind, SidecarSet, Namespace, Pod string }
			Protected []struct{ Kind, Namespace, Name, Label string }
		}
		got := s.ask(t, "", "audit", "-A", "-o", "json")
		if err := json.Unmarshal([]byte(got.stdout), &report); err != nil || got.code != 1 {
			t.Fatalf("exit code %d, %v: %s", got.code, err, got.stdout)
		}
		older, idle := false, false
		for _, f := range report.Findings {
			older = older || f.Kind == "older" && f.Namespace == namespace && f.Pod == "audit" && f.SidecarSet == "audit"
			idle = idle || f.Kind == "idle" && f.SidecarSet == "unused"
		}
		kept := false
		for _, p := range report.Protected {
			kept = kept || p.Kind == "Service" && p.Namespace == namespace && p.Name == "kept" && p.Label == "Always"
		}
		if !older || !idle || !kept || report.Pods < 2 {
			t.Errorf("older %t, idle %t, kept %t: %s", older, idle, kept, got.stdout)
		}
	})
	t.Run("as a user without rights", func(t *testing.T) {
		s.askAs(t, s.nobody(t), "", "audit", "-n", namespace).has(t, 3, "forbidden")
	})
	t.Run("again and again", func(t *testing.T) { s.watchAudit(t, namespace) })
}

// watchAudit sees a finding go when its pod is deleted, and interrupts.
func (s *site) watchAudit(t *testing.T, namespace string) {
	out, errs := &lockedBuffer{}, &lockedBuffer{}
	watch := exec.CommandContext(t.Context(), s.binary, "audit", "-n", namespace, "--watch", "--interval", "100ms")
	watch.Env = append(os.Environ(), "KUBECONFIG="+s.Kubeconfig())
	watch.Stdout, watch.Stderr = out, errs
	if err := watch.Start(); err != nil {
		t.Fatal(err)
	}
	says := func(what string) {
		t.Helper()
		controlplane.Eventually(t, "the watch says "+what, func(context.Context) error {
			if text := out.String(); !strings.Contains(text, what) {
				return fmt.Errorf("it says:\n%s%s", text, errs)
			}
			return nil
		})
	}
	says("1 finding,")
	lonely := s.create(t, namespace, named(strings.Replace(pod, "cli: NAME", "cli: watch", 1), "watched"))
	s.create(t, "", named(agent, "watch"))
	says("+ older  watch  Pod " + namespace + "/watched")
	if err := s.installed.Client.Delete(t.Context(), lonely); err != nil {
		t.Fatal(err)
	}
	says("- older  watch  Pod " + namespace + "/watched")
	if err := watch.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	var exited *exec.ExitError
	if err := watch.Wait(); !errors.As(err, &exited) || exited.ExitCode() != 130 {
		t.Errorf("it ended with %v, want exit code 130 as of any program that was interrupted\n%s", err, errs)
	}
}

// lockedBuffer is written by a process and read by a test.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}
