package sidecarset_test

import (
	"strings"
	"testing"

	"github.com/kruise-admission/kruise-admission/api/sidecarset"
)

func TestCanaryBase(t *testing.T) {
	tests := []struct {
		name        string
		annotations map[string]string
		base        string
		canary      bool
	}{
		{"C1 flag and base", map[string]string{sidecarset.CanaryAnnotation: "true", sidecarset.BaseAnnotation: "b"}, "b", true},
		{"C2 no base", map[string]string{sidecarset.CanaryAnnotation: "true"}, "", false},
		{"C2 empty base", map[string]string{sidecarset.CanaryAnnotation: "true", sidecarset.BaseAnnotation: ""}, "", false},
		{"C3 flag false", map[string]string{sidecarset.CanaryAnnotation: "false", sidecarset.BaseAnnotation: "b"}, "", false},
		{"C3 flag 1", map[string]string{sidecarset.CanaryAnnotation: "1", sidecarset.BaseAnnotation: "b"}, "", false},
		{"C3 flag in capitals", map[string]string{sidecarset.CanaryAnnotation: "TRUE", sidecarset.BaseAnnotation: "b"}, "", false},
		{"C4 no annotations", nil, "", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			base, canary := sidecarset.CanaryBase(test.annotations)
			if base != test.base || canary != test.canary {
				t.Errorf("got %q, %t; want %q, %t", base, canary, test.base, test.canary)
			}
		})
	}
}

func TestSafe(t *testing.T) {
	for text, want := range map[string]string{
		"":                 "",
		"0123456789abcdef": "456789bcdfvwxz24",
		"\xff\x00":         "qb",
	} {
		if got := sidecarset.Safe(text); got != want {
			t.Errorf("Safe(%q) = %q, want %q", text, got, want)
		}
	}
}

// goldenData and the hashes below are golden values of spec/inject.md 3.2.
const goldenData = `{"spec":{"$patch":"replace","containers":[{"image":"dns:1.0","imagePullPolicy":"IfNotPresent","name":"dns-f",` +
	`"podInjectPolicy":"BeforeAppContainer","resources":{},"shareVolumePolicy":{"type":"disabled"},` +
	`"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File",` +
	`"upgradeStrategy":{"upgradeType":"ColdUpgrade"}}],"imagePullSecrets":null,"initContainers":null,` +
	`"patchPodMetadata":null,"volumes":null}}`

func TestRevisionHash(t *testing.T) {
	for collisions, want := range map[int32]string{0: "788d67c95d", 1: "788d67c95f"} {
		if got := sidecarset.RevisionHash([]byte(goldenData), collisions); got != want {
			t.Errorf("collision %d: got %s, want %s", collisions, got, want)
		}
	}
}

func TestRevisionName(t *testing.T) {
	long := strings.Repeat("n", 223)
	for name, want := range map[string]string{
		"logship":  "logship-66bddfc848",
		long:       long + "-66bddfc848",
		long + "x": long + "-66bddfc848",
	} {
		if got := sidecarset.RevisionName(name, "66bddfc848"); got != want {
			t.Errorf("RevisionName(%q) = %q, want %q", name, got, want)
		}
	}
}
