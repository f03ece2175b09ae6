package inject

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/sidecarset"
)

// record says on a pod what a SidecarSet injected. OpenKruise's controller reads it, so the order of the members matters
// (spec/inject.md 8.4).
type record struct {
	UpdateTimestamp    metav1.Time `json:"updateTimestamp"`
	Hash               string      `json:"hash"`
	SidecarSetName     string      `json:"sidecarSetName"`
	SidecarList        []string    `json:"sidecarList"`
	ControllerRevision string      `json:"controllerRevision,omitempty"`
}

// same says whether both records mean the same content; no record does.
func (r *record) same(other *record) bool {
	return other != nil && r.Hash == other.Hash && r.SidecarSetName == other.SidecarSetName && r.ControllerRevision == other.ControllerRevision
}

// newRecords are the records of a choice: for the hash annotation and for that without image.
func (c *choice) newRecords(list []string, now time.Time) (hash, withoutImage *record) {
	hash = &record{
		UpdateTimestamp: metav1.NewTime(now), Hash: c.content.hash,
		SidecarSetName: c.rule.name, SidecarList: list, ControllerRevision: c.content.revision,
	}
	short := *hash
	short.Hash, short.ControllerRevision = c.content.withoutImage, ""
	return hash, &short
}

// parseRecords reads a hash annotation. Old releases wrote plain hashes instead of records; both may occur together. What
// cannot be read is named in broken and left out: OpenKruise's controller cannot read it either, and refusing the pod for it, as
// OpenKruise's webhook does, helps nobody.
func parseRecords(text string) (records map[string]*record, broken []string) {
	records = map[string]*record{}
	if text == "" {
		return records, nil
	}
	var entries map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &entries); err != nil {
		return records, []string{"the whole text"}
	}
	for _, name := range sortedKeys(entries) {
		var r record
		var hash string
		switch {
		case json.Unmarshal(entries[name], &r) == nil && writable(r.UpdateTimestamp):
			records[name] = &r
		case json.Unmarshal(entries[name], &hash) == nil:
			records[name] = &record{Hash: hash, SidecarSetName: name}
		default:
			broken = append(broken, "entry "+name)
		}
	}
	return records, broken
}

// writable says whether a time can be read again after it is written in UTC: near the ends of what RFC 3339 can express, a zone
// leads into a year that it cannot.
func writable(t metav1.Time) bool {
	year := t.UTC().Year()
	return year >= 0 && year <= 9999
}

// markRecorded finds the choices that the pod already carries as they are.
func (in *injection) markRecorded() {
	if len(in.pod.annotations) == 0 {
		return
	}
	hashes, _ := parseRecords(in.pod.annotations[sidecarset.HashAnnotation])
	withoutImage, _ := parseRecords(in.pod.annotations[sidecarset.HashWithoutImageAnnotation])
	for _, c := range in.choices {
		hash, short := c.newRecords(nil, time.Time{})
		c.recorded = hash.same(hashes[c.rule.name]) && short.same(withoutImage[c.rule.name])
	}
}

// writeRecords writes the annotations that say what was injected. A record that would only get a new time stays as it is.
func (in *injection) writeRecords() {
	hashes := in.readRecords(sidecarset.HashAnnotation)
	withoutImage := in.readRecords(sidecarset.HashWithoutImageAnnotation)
	var names []string
	if text, _ := in.annotations.get(sidecarset.InjectedListAnnotation); text != "" {
		names = strings.Split(text, ",")
	}
	for _, c := range in.choices {
		names = append(names, c.rule.name)
		if c.placed == 0 {
			continue
		}
		hash, short := c.newRecords(c.content.list(func(s *sidecar) bool { return slices.Contains(c.left, s) }), in.now)
		keep := !c.changed
		writeRecord(hashes, hash, keep)
		writeRecord(withoutImage, short, keep)
	}
	slices.Sort(names)
	in.annotations.set(sidecarset.HashAnnotation, encodeRecords(hashes))
	in.annotations.set(sidecarset.HashWithoutImageAnnotation, encodeRecords(withoutImage))
	in.annotations.set(sidecarset.InjectedListAnnotation, strings.Join(slices.Compact(names), ","))
}

func (in *injection) readRecords(key string) map[string]*record {
	text, _ := in.annotations.get(key)
	records, broken := parseRecords(text)
	for _, what := range broken {
		in.warn("", "annotation %s: %s cannot be read and is dropped", key, what)
	}
	return records
}

func writeRecord(records map[string]*record, r *record, keep bool) {
	if old := records[r.SidecarSetName]; keep && r.same(old) && slices.Equal(old.SidecarList, r.SidecarList) {
		return
	}
	records[r.SidecarSetName] = r
}

// encodeRecords cannot fail: every time that parses can be encoded, as can every clock's.
func encodeRecords(records map[string]*record) string {
	raw, _ := json.Marshal(records)
	return string(raw)
}
