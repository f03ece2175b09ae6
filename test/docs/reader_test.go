package docs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
	"github.com/kruise-admission/kruise-admission/test/installation"
	"github.com/kruise-admission/kruise-admission/test/process"
)

// patience is how long a command that only looks is repeated until it prints what the document shows: controllers and the server's
// own watches need a moment. It only ever passes when something is wrong.
const patience = 3 * time.Minute

// looks are the commands that change nothing.
var looks = regexp.MustCompile(`^(kubectl ((-n|--namespace) \S+ )?(get|wait|describe|rollout status|events)|kruise-admission (explain|audit|doctor|can-delete)) `)

// reader is somebody at a terminal.
type reader struct {
	tools, folder, home string
	kubeconfig          string
	installed           *installation.Installation // nil without
	last                int                        // exit code of the last command
}

// begin gives the reader a new cluster, or none.
func (r *reader) begin(t *testing.T, needs string) {
	t.Helper()
	r.installed, r.last = nil, 0
	if needs == "files" {
		r.kubeconfig = filepath.Join(r.home, "none")
		return
	}
	cluster := controlplane.StartForTest(t, controlplane.Options{})
	r.kubeconfig = cluster.Kubeconfig()
	switch needs {
	case "installed":
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		installed, err := installation.Install(ctx, cluster, installation.Options{Replicas: 1})
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
		r.installed = installed
	case "bare":
		for _, namespace := range []string{installation.Namespace, "kruise-system"} {
			cluster.KubeletForTest(t, namespace, func(int) time.Duration { return 0 })
		}
	default:
		t.Fatalf("there is no %q in the documentation of this package", needs)
	}
}

// run executes a command until it prints what the document shows, if it is one that may be repeated.
func (r *reader) run(t *testing.T, document string, c command) (printed string) {
	t.Helper()
	deadline := time.Now().Add(patience)
	if *update {
		deadline = time.Now().Add(3 * time.Second)
	}
	before := r.last
	for {
		r.last = before
		printed = r.execute(t, c.text)
		right := shows(c.output, printed)
		if len(c.output) == 0 {
			right = r.last == 0
		}
		if right {
			return printed
		}
		if !looks.MatchString(c.text) || time.Now().After(deadline) {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if !*update || len(c.output) == 0 {
		t.Errorf("%s:%d: $ %s\nshown:\n%s\n\nprinted, with exit code %d:\n%s", document, c.line, c.text, strings.Join(c.output, "\n"), r.last, printed)
	}
	return printed
}

// settle waits for what readers wait for by being slow: that the server has taken in every SidecarSet, of which it then records a revision;
// and that the second is over, because Kubernetes writes times in seconds, and what is older than what is seen by these.
func (r *reader) settle(t *testing.T) {
	t.Helper()
	defer func(second time.Time) { time.Sleep(time.Until(second.Add(time.Second))) }(time.Now().Truncate(time.Second))
	sidecarSets, err := r.installed.Client.Resource(&unstructured.Unstructured{Object: map[string]any{"apiVersion": "apps.kruise.io/v1beta1", "kind": "SidecarSet"}})
	if err != nil {
		t.Fatal(err)
	}
	controlplane.Eventually(t, "SidecarSets have their revisions", func(ctx context.Context) error {
		list, err := sidecarSets.List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		for _, set := range list.Items {
			if latest, _, _ := unstructured.NestedString(set.Object, "status", "latestRevision"); latest == "" {
				return fmt.Errorf("%s has none", set.GetName())
			}
		}
		return nil
	})
}

// execute runs a command line in a shell, and returns all that it prints.
func (r *reader) execute(t *testing.T, text string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	shell := exec.CommandContext(ctx, "bash", "-c", fmt.Sprintf("set -o pipefail\n(exit %d)\n%s", r.last, text))
	shell.Dir = r.folder
	shell.Env = []string{"PATH=" + filepath.Join(r.home, "bin") + ":" + r.tools + ":" + os.Getenv("PATH"), "HOME=" + r.home, "KUBECONFIG=" + r.kubeconfig, "TZ=UTC"}
	shell.WaitDelay = time.Minute // for what it leaves behind, which is an error
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	shell.Cancel = func() error { return syscall.Kill(-shell.Process.Pid, syscall.SIGKILL) } // with what it has in the background
	var printed bytes.Buffer
	shell.Stdout, shell.Stderr = &printed, &printed
	var exited *exec.ExitError
	if err := shell.Run(); err != nil && !errors.As(err, &exited) {
		t.Fatal(err)
	}
	r.last = shell.ProcessState.ExitCode()
	return printed.String()
}
