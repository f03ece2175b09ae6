package controlplane

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/kruise-admission/kruise-admission/test/process"
)

func TestUnknownProgramEndsWithAnError(t *testing.T) {
	path, err := BuildOnce(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	p, err := process.Start("no-such-program", path, dir, dir, "no-such-program")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Kill()
	never := func(context.Context) error { return errors.New("not yet") }
	err = p.WaitUntil(t.Context(), "it serves", never)
	if err == nil || !strings.Contains(err.Error(), "no-such-program has ended (exit status 2) before it serves") ||
		!strings.Contains(err.Error(), "say etcd, kube-apiserver or kube-controller-manager") {
		t.Errorf("process that ends: got %v, want its exit status and log", err)
	}
	if err := p.WaitUntil(t.Context(), "it serves", func(context.Context) error { return nil }); err != nil {
		t.Errorf("answer is yes: got %v, want nil", err)
	}
}
