package main

import (
	"crypto/tls"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/certs"
	"github.com/kruise-admission/kruise-admission/cluster"
)

// viewOf and certificatesOf stand in for what the collector asks.
type viewOf struct {
	cluster.Source
	synced bool
	sets   []*v1beta1.SidecarSet
}

func (v viewOf) Synced() bool                       { return v.synced }
func (v viewOf) SidecarSets() []*v1beta1.SidecarSet { return v.sets }

type certificatesOf certs.Status

func (certificatesOf) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return nil, certs.ErrNoCertificate
}
func (certificatesOf) Healthy() error         { return nil }
func (c certificatesOf) Status() certs.Status { return certs.Status(c) }

// TestR06StateMetrics proves that expiry, mismatch and last publication can be seen, and that what is not known is absent and not 0.
func TestR06StateMetrics(t *testing.T) {
	at := func(second int64) time.Time { return time.Unix(second, 5) }
	for _, test := range []struct {
		name   string
		view   viewOf
		status certs.Status
		want   string
	}{
		{"nothing yet", viewOf{sets: make([]*v1beta1.SidecarSet, 2)}, certs.Status{}, `
# HELP kruise_admission_view_synced Whether the view of the cluster is complete; until it is, every review is answered 503.
# TYPE kruise_admission_view_synced gauge
kruise_admission_view_synced 0
`},
		{"running", viewOf{synced: true, sets: make([]*v1beta1.SidecarSet, 3)}, certs.Status{
			CertificateExpiry: at(100), AuthorityExpiry: at(200), Rotation: certs.PhasePublishing, Configurations: []certs.ConfigurationStatus{
				{Resource: "mutatingwebhookconfigurations", Name: "ka", Published: at(50)},
				{Resource: "customresourcedefinitions", Name: "s", Mismatch: true, Unserved: []string{"a", "b"}},
			},
		}, `
# HELP kruise_admission_ca_bundle_mismatch Whether a caBundle in the object does not verify the serving certificate, so that API servers cannot call.
# TYPE kruise_admission_ca_bundle_mismatch gauge
kruise_admission_ca_bundle_mismatch{name="ka",resource="mutatingwebhookconfigurations"} 0
kruise_admission_ca_bundle_mismatch{name="s",resource="customresourcedefinitions"} 1
# HELP kruise_admission_ca_bundle_published_timestamp_seconds When this replica last wrote the caBundle fields of the object; absent if it has not.
# TYPE kruise_admission_ca_bundle_published_timestamp_seconds gauge
kruise_admission_ca_bundle_published_timestamp_seconds{name="ka",resource="mutatingwebhookconfigurations"} 50
# HELP kruise_admission_ca_expiry_timestamp_seconds When the authority of the serving certificate expires; absent where the server does not know it.
# TYPE kruise_admission_ca_expiry_timestamp_seconds gauge
kruise_admission_ca_expiry_timestamp_seconds 200
# HELP kruise_admission_ca_rotation_phase 1 for the phase in which the rotation of the self-managed authority is, 0 for the others; absent where the server manages none.
# TYPE kruise_admission_ca_rotation_phase gauge
kruise_admission_ca_rotation_phase{phase="publishing"} 1
kruise_admission_ca_rotation_phase{phase="retiring"} 0
kruise_admission_ca_rotation_phase{phase="steady"} 0
# HELP kruise_admission_certificate_expiry_timestamp_seconds When the serving certificate expires; absent while there is none.
# TYPE kruise_admission_certificate_expiry_timestamp_seconds gauge
kruise_admission_certificate_expiry_timestamp_seconds 100
# HELP kruise_admission_sidecarsets SidecarSets in the view; absent until it is complete.
# TYPE kruise_admission_sidecarsets gauge
kruise_admission_sidecarsets 3
# HELP kruise_admission_unserved_entries Entries in the object that call a path which this version does not serve; their calls fail. The log names them.
# TYPE kruise_admission_unserved_entries gauge
kruise_admission_unserved_entries{name="ka",resource="mutatingwebhookconfigurations"} 0
kruise_admission_unserved_entries{name="s",resource="customresourcedefinitions"} 2
# HELP kruise_admission_view_synced Whether the view of the cluster is complete; until it is, every review is answered 503.
# TYPE kruise_admission_view_synced gauge
kruise_admission_view_synced 1
`},
	} {
		t.Run(test.name, func(t *testing.T) {
			registry := prometheus.NewPedanticRegistry()
			registry.MustRegister(newStateCollector(test.view, certificatesOf(test.status)))
			if err := testutil.GatherAndCompare(registry, strings.NewReader(test.want), "kruise_admission_view_synced", "kruise_admission_sidecarsets",
				"kruise_admission_certificate_expiry_timestamp_seconds", "kruise_admission_ca_expiry_timestamp_seconds", "kruise_admission_ca_rotation_phase",
				"kruise_admission_ca_bundle_mismatch", "kruise_admission_ca_bundle_published_timestamp_seconds", "kruise_admission_unserved_entries"); err != nil {
				t.Error(err)
			}
			if n, err := testutil.GatherAndCount(registry, "kruise_admission_build_info"); err != nil || n != 1 {
				t.Errorf("build info: %d series, %v; want one", n, err)
			}
			problems, err := testutil.GatherAndLint(registry)
			if err != nil {
				t.Fatal(err)
			}
			for _, problem := range problems {
				t.Errorf("%s: %s", problem.Metric, problem.Text)
			}
		})
	}
}
