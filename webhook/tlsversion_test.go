package webhook

import (
	"crypto/tls"
	"net/http"
	"testing"
)

// TestTLS12IsServedWhereItIsWanted: and nothing earlier then, while clients that can do better get it.
func TestTLS12IsServedWhereItIsWanted(t *testing.T) {
	url, client, _, _ := startWith(t, ServerOptions{MinTLSVersion: tls.VersionTLS12}, idleTimeout, http.HandlerFunc(Healthz))
	for most, want := range map[uint16]uint16{tls.VersionTLS11: 0, tls.VersionTLS12: tls.VersionTLS12, tls.VersionTLS13: tls.VersionTLS13} {
		transport := client.Transport.(*http.Transport).Clone()
		transport.TLSClientConfig.MinVersion, transport.TLSClientConfig.MaxVersion = tls.VersionTLS10, most
		var got uint16
		if response, err := (&http.Client{Transport: transport}).Get(url + "/work"); err == nil {
			got = response.TLS.Version
			_ = response.Body.Close()
		}
		transport.CloseIdleConnections()
		if got != want {
			t.Errorf("a client of %s at most got %s, want %s", tls.VersionName(most), tls.VersionName(got), tls.VersionName(want))
		}
	}
}
