package docs

import (
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/kruise-admission/kruise-admission/test/installation"
	"github.com/kruise-admission/kruise-admission/test/programs"
)

// notExecuted are the commands that cannot be executed here, each with its reason.
var notExecuted = map[string]string{
	"cd test && go test ./docs -run TestCommands/PAGE.md -update": "is the test that executes all others, and rewrites documents",
	"curl -k": "lacks its address; no test needs curl",
	"go get github.com/kruise-admission/kruise-admission":                     "asks the module proxy about a published release",
	"gh attestation verify FILE --repo kruise-admission/kruise-admission":     "asks GitHub about a published release",
	"kind load docker-image ghcr.io/kruise-admission/kruise-admission:v0.1.0": "needs docker and a cluster of kind",
	"go tool pprof":              "lacks its profile, which is taken on demand",
	"helm test kruise-admission": helmTest,
	"helm test kruise-admission --namespace kruise-admission":                 helmTest,
	"kruise-admission serve":                                                  serves,
	"kruise-admission serve --config FILE":                                    serves,
	"kubectl -n kruise-admission logs deployment/kruise-admission --tail=100": "a kubelet has the logs",
	"kubectl krew install --manifest=kruise-admission.yaml":                   "downloads the archives of a release; test/cli checks the manifest as krew does",
}

const (
	helmTest = "needs a kubelet for its pod; test/chart plays one to run it"
	serves   = "reads the token that a kubelet puts into a pod; test/installation gives the same token by --kubeconfig"
)

// onlyNamed are commands whose names a sentence mentions without what they would be about. They are asked for their help, which reads their
// flags; a target of make for what it would do, because all of them work on this repository, and most for minutes.
var onlyNamed = []string{
	"helm install", "helm install --wait", "helm test", "helm upgrade",
	"kruise-admission explain", "kruise-admission generate", "kruise-admission generate configmap", "kruise-admission inject",
	"kubectl apply", "kubectl delete --all", "kubectl describe", "kubectl drain", "kubectl get", "kubectl rollout restart",
}

// texts are the documents in which users meet commands.
func texts(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, name := range append(documents(t), "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "deploy/charts/kruise-admission/README.md") {
		found[name] = read(t, name)
	}
	const notes = "deploy/charts/kruise-admission/templates/NOTES.txt"
	found[notes] = strings.NewReplacer("{{ .Release.Namespace }}", "kruise-admission", "{{ .Release.Name }}", "kruise-admission",
		`{{ include "kruise-admission.fullname" . }}`, "kruise-admission",
		`{{ include "kruise-admission.secondChanceName" . }}`, "kruise-admission-second-chance").Replace(read(t, notes))
	return found
}

// TestEveryCommandIsExecuted: a command that a user reads is one that TestCommands executes, in a console block of some document or of a
// page of testdata, or one that is listed above.
func TestEveryCommandIsExecuted(t *testing.T) {
	var executed []string
	for _, document := range append(documents(t), pages(t)...) {
		for _, session := range sessions(read(t, document)) {
			for _, b := range session {
				executed = append(executed, b.executed()...)
			}
		}
	}
	shown := map[string]bool{}
	for name, text := range texts(t) {
		for _, c := range shownCommands(text) {
			shown[c.text] = true
			switch {
			case executes(executed, c.text), slices.Contains(onlyNamed, c.text), notExecuted[c.text] != "", isOfMake(c.text):
			default:
				t.Errorf("%s:%d: nothing executes `%s`: show it in a console block, or execute it in test/docs/testdata", name, c.line, c.text)
			}
		}
	}
	for _, name := range onlyNamed {
		if !shown[name] || executes(executed, name) {
			t.Errorf("`%s` need not be listed as named only", name)
		}
	}
	for command, reason := range notExecuted {
		if !shown[command] || executes(executed, command) {
			t.Errorf("`%s` need not be listed as one that %s", command, reason)
		}
	}
	if len(shown) < 70 {
		t.Errorf("only %d commands were found", len(shown))
	}
	for _, page := range pages(t) {
		for _, session := range sessions(read(t, page)) {
			for _, b := range session {
				lines := b.executed()
				if !slices.ContainsFunc(slices.Collect(maps.Keys(shown)), func(command string) bool { return executes(lines, command) }) {
					t.Errorf("%s:%d: the block executes nothing that a user reads", page, b.line)
				}
			}
		}
	}
}

// isOfMake tells whether a command is one of make.
func isOfMake(command string) bool {
	return strings.HasPrefix(assignments.ReplaceAllString(command, ""), "make ")
}

// executed are the commands of a console block, each in one line.
func (b block) executed() (lines []string) {
	for _, c := range b.commands() {
		lines = append(lines, oneLine(strings.ReplaceAll(c.text, "\\\n", " ")))
	}
	return lines
}

// TestNamedCommands: what is only named exists, with the flags that are named.
func TestNamedCommands(t *testing.T) {
	tools := map[string]string{"make": "make"}
	for name, program := range map[string]func() (string, error){"helm": programs.Helm, "kubectl": programs.Kubectl,
		"kruise-admission": func() (string, error) { return installation.Build(t.Context()) }} {
		path, err := program()
		if err != nil {
			t.Fatal(err)
		}
		tools[name] = path
	}
	commands := slices.Clone(onlyNamed)
	for _, text := range texts(t) {
		for _, c := range shownCommands(text) {
			if isOfMake(c.text) && !slices.Contains(commands, c.text) {
				commands = append(commands, c.text)
			}
		}
	}
	for _, command := range commands {
		t.Run(command, func(t *testing.T) {
			words := strings.Fields(assignments.ReplaceAllString(command, ""))
			program, args := words[0], words[1:]
			path, _, _ := strings.Cut(command, " -")
			if program == "make" {
				args, path = append(args, "--dry-run", "--directory="+installation.Root()), ""
			} else {
				args = append(args, "--help")
			}
			output, err := exec.CommandContext(t.Context(), tools[program], args...).CombinedOutput()
			if err != nil || !strings.Contains(string(output), path) {
				t.Errorf("%v: %s", err, output)
			}
		})
	}
}
