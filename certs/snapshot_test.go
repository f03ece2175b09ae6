package certs

import "testing"

// TestCarried: a rotation goes on when every object is known and carries the bundle. One that has not been read may carry another.
func TestCarried(t *testing.T) {
	config := func(bundle string) clientConfig { return clientConfig{caBundle: []byte(bundle)} }
	read := func(configs ...clientConfig) observed { return observed{synced: true, exists: true, configs: configs} }
	for name, test := range map[string]struct {
		objects []observed
		want    bool
	}{
		"everywhere":                        {[]observed{read(config("new"), config("new")), read(config("new"))}, true},
		"no object calls us":                {[]observed{read()}, true},
		"an object does not exist":          {[]observed{read(config("new")), {synced: true}}, true},
		"an object has not been read":       {[]observed{read(config("new")), {}}, false},
		"an entry carries the old one":      {[]observed{read(config("new"), config("old")), read(config("new"))}, false},
		"an entry carries none":             {[]observed{read(config("new")), read(config(""))}, false},
		"an entry carries more than that":   {[]observed{read(config("newer"))}, false},
		"nothing is watched, so nobody can": {nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := (snapshot{objects: test.objects}).carries([]byte("new")); got != test.want {
				t.Errorf("carried %t, want %t", got, test.want)
			}
		})
	}
}
