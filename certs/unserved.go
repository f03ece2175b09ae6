package certs

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// An entry may call a path that this version does not serve: a chart is newer than the server, or somebody has mistyped it. OpenKruise
// takes such an entry out of the live configuration (spec/server.md 5), so that whole kinds went unchecked without a word. Here it stays,
// its calls fail as its failurePolicy says, and it is reported.

// unserved describes those of configs whose path serves does not know.
func unserved(configs []clientConfig, serves func(path string) bool) (entries []string) {
	for _, config := range configs {
		if !serves(config.path) {
			entries = append(entries, fmt.Sprintf("%s calls %s", config.where, config.path))
		}
	}
	return entries
}

// tellUnserved logs such entries of an object that was seen, once.
func (c *Configurations) tellUnserved(t *target, seen *unstructured.Unstructured) {
	configs, _ := clientConfigs(seen, c.identity)
	text := strings.Join(unserved(configs, c.serves), ", ")
	if text != t.unserved && text != "" {
		c.log.Info("this version does not serve the path of an entry, so its calls fail; correct the path or take the entry out",
			"resource", t.resource.Resource, "name", t.name, "entries", text)
	}
	t.unserved = text
}
