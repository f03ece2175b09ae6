package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMessagesHoldNoSecrets: values of environment variables may be secrets, and messages end up in logs of CI systems.
func TestMessagesHoldNoSecrets(t *testing.T) {
	const secret = "hunter2"
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	env := "env: [{name: PASSWORD, value: " + secret + "}]"
	pod := write("pod.yaml", `
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: default, labels: {app: web}}
spec: {containers: [{name: agent, image: "a:1", `+env+`}]}
`)
	broken := write("broken.yaml", "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - "+env+"\n broken")
	object := func(name, image, env string) string {
		return write(name, `
apiVersion: apps.kruise.io/v1alpha1
kind: CloneSet
metadata: {name: c, namespace: default}
spec:
  selector: {matchLabels: {a: b}}
  updateStrategy: {type: InPlaceOnly}
  template:
    metadata: {labels: {a: b}}
    spec: {containers: [{name: c, image: "`+image+`", `+env+`}]}
`)
	}
	before, after := object("old.yaml", "c:1", "env: []"), object("new.yaml", "c:2", env)
	for name, args := range map[string][]string{
		"replaced": {"inject", "-f", pod, "--sidecarsets", doors + "sidecarsets.yaml"},
		"refused":  {"inject", "-f", pod, "--sidecarsets", doors + "sidecarsets.yaml", "--container-clash", "refuse"},
		"broken":   {"inject", "-f", broken, "--sidecarsets", doors + "sidecarsets.yaml"},
		"changed":  {"validate", "-f", after, "--old", before},
		"explain":  {"explain", "-f", pod, "--sidecarsets", doors + "sidecarsets.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			stdout, stderr, code := command(t, args...)
			if args[0] != "inject" {
				stderr += stdout // a report is a message as well; what inject prints is the manifest
			}
			if stderr == "" || strings.Contains(stderr, secret) {
				t.Errorf("exit code %d, messages:\n%s", code, stderr)
			}
		})
	}
}
