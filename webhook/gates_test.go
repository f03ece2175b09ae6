package webhook

import (
	"strings"
	"testing"

	"k8s.io/component-base/featuregate"
)

func TestParseGates(t *testing.T) {
	for value, want := range map[string]map[featuregate.Feature]bool{
		"":                                 {PodWebhook: true, ResourcesDeletionProtection: false, CloneSetShortHash: false, "StatefulSetAutoDeletePVC": true},
		"ResourcesDeletionProtection=true": {ResourcesDeletionProtection: true, DeletionProtectionForCRDCascadingGate: false},
		"ResourcesDeletionProtection=true,DeletionProtectionForCRDCascadingGate=true": {DeletionProtectionForCRDCascadingGate: true},
		"DeletionProtectionForCRDCascadingGate=true":                                  {DeletionProtectionForCRDCascadingGate: false}, // forced off
		"AllAlpha=true,TemplateNoDefaults=false":                                      {CloneSetShortHash: true, TemplateNoDefaults: false},
		"TemplateNoDefaults=false,AllAlpha=true":                                      {CloneSetShortHash: true, TemplateNoDefaults: false},
		"AllBeta=true":                                                                {ResourcesDeletionProtection: true, CloneSetShortHash: false},
		"PodWebhook=false,WorkloadSpread=true":                                        {PodWebhook: false, "WorkloadSpread": false}, // SV-45
		"KruiseDaemon=false,ImagePullJobGate=true":                                    {"ImagePullJobGate": false},                  // SV-46
		"PreDownloadImageForInPlaceUpdate=true":                                       {"ImagePullJobGate": true},                   // SV-47
		"KruiseDaemon=false,PreDownloadImageForInPlaceUpdate=true":                    {"ImagePullJobGate": false, "PreDownloadImageForInPlaceUpdate": false},
	} {
		gates, err := ParseGates(value)
		if err != nil {
			t.Errorf("%q: %v", value, err)
			continue
		}
		for gate, on := range want {
			if gates.Enabled(gate) != on {
				t.Errorf("%q: %s is %v, want %v", value, gate, !on, on)
			}
		}
	}
}

func TestParseGatesRefuses(t *testing.T) {
	for value, want := range map[string][]string{
		"SomethingUnknown=true":   {`"SomethingUnknown"`, "CloneSetShortHash", "PodWebhook"}, // SV-48
		"CloneSetShortHash":       {"CloneSetShortHash"},
		"CloneSetShortHash=maybe": {"maybe"},
	} {
		_, err := ParseGates(value)
		if err == nil {
			t.Errorf("%q was accepted", value)
			continue
		}
		for _, part := range want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%q: the error %q does not name %s", value, err, part)
			}
		}
	}
}
