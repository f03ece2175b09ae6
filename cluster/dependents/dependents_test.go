package dependents

import (
	"testing"

	"k8s.io/client-go/rest"
)

func TestUnusableConfig(t *testing.T) {
	for name, config := range map[string]*rest.Config{
		"CA file missing": {Host: "https://127.0.0.1:1", TLSClientConfig: rest.TLSClientConfig{CAFile: "/does/not/exist"}},
		"host not a URL":  {Host: "https://[::1"},
	} {
		if live, err := NewForConfig(config); err == nil {
			t.Errorf("%s: got %v", name, live)
		}
	}
}

// The caller goes on using its configuration.
func TestConfigIsNotChanged(t *testing.T) {
	config := &rest.Config{Host: "https://127.0.0.1:1", QPS: 7}
	if _, err := NewForConfig(config); err != nil {
		t.Fatal(err)
	}
	if config.QPS != 7 || config.ContentType != "" || config.WarningHandler != nil {
		t.Errorf("changed to %v", config)
	}
}
