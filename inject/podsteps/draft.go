package podsteps

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	jsonpatch "github.com/evanphx/json-patch/v5"
	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	kjson "sigs.k8s.io/json"

	"github.com/kruise-admission/kruise-admission/api/rawjson"
	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/inject"
)

// draft is a pod on its way through the steps.
type draft struct {
	request *admissionv1.AdmissionRequest
	raw     []byte     // the pod without what is pending
	read    inject.Pod // the metadata of raw
	exists  bool       // whether the pod has annotations, pending ones included
	decided decision.Decision
	applied int         // how many operations of the patch are in raw; the others are pending
	because string      // the object because of which the present step changes the pod, if that is one
	spread  *corev1.Pod // the pod that got a place in a subset; nil when none did
}

func newDraft(request *admissionv1.AdmissionRequest) (*draft, error) {
	d := &draft{request: request, decided: decision.Allow()}
	return d, d.begin(request.Object.Raw)
}

// begin makes a text the pod.
func (d *draft) begin(raw []byte) error {
	read, err := inject.ReadPod(raw, d.request.Namespace)
	if err != nil {
		return err
	}
	d.raw, d.read, d.applied, d.exists = raw, read, len(d.decided.Patch), read.Annotations() != nil
	return nil
}

// pending are the operations that are decided, and not yet in the text.
func (d *draft) pending() []decision.Operation { return d.decided.Patch[d.applied:] }

const annotationsPath = "/metadata/annotations"

// add adds the operations of a step, which are against the pod as it is now.
func (d *draft) add(operations []decision.Operation) {
	d.decided.Patch = append(d.decided.Patch, operations...)
	d.exists = d.exists || slices.ContainsFunc(operations, func(o decision.Operation) bool { return strings.HasPrefix(o.Path, annotationsPath) })
}

// annotation is the value of an annotation as it is now, and whether there is one. Steps write one annotation, or all where there were none.
func (d *draft) annotation(key string) (value string, ok bool) {
	if pending := d.pending(); len(pending) > 0 {
		if value, ok, written := writtenAnnotation(pending, key); written {
			return value, ok
		}
	}
	value, ok = d.read.Annotations()[key]
	return value, ok
}

// writtenAnnotation is what the last operation that writes an annotation makes of it, if there is one.
func writtenAnnotation(operations []decision.Operation, key string) (value string, ok, written bool) {
	path := decision.Pointer("metadata", "annotations", key)
	for i := range slices.Backward(operations) {
		o := &operations[i]
		switch {
		case o.Path == path:
			ok = kjson.UnmarshalCaseSensitivePreserveInts(o.Value, &value) == nil
			return value, ok, true
		case o.Path == annotationsPath && bytes.Contains(o.Value, []byte(key)):
			var all map[string]string
			if kjson.UnmarshalCaseSensitivePreserveInts(o.Value, &all) == nil {
				value, ok = all[key]
			}
			return value, ok, true
		}
	}
	return "", false, false
}

// annotate writes annotations, apart from those that are so already.
func (d *draft) annotate(annotations map[string]string) {
	var missing []string
	for _, key := range slices.Sorted(maps.Keys(annotations)) {
		if value, ok := d.annotation(key); !ok || value != annotations[key] {
			missing = append(missing, key)
		}
	}
	var operations []decision.Operation
	switch {
	case len(missing) == 0:
		return
	case !d.exists:
		if !d.read.HasMetadata() {
			operations = append(operations, decision.Add("/metadata", json.RawMessage("{}")))
		}
		operations = append(operations, decision.Add(annotationsPath, encode(annotations)))
	default:
		for _, key := range missing {
			operations = append(operations, decision.Add(decision.Pointer("metadata", "annotations", key), encode(annotations[key])))
		}
	}
	d.add(operations)
}

// apply puts what is pending into the text, as the API server does it, with the same library.
func (d *draft) apply() error {
	if len(d.pending()) == 0 {
		return nil
	}
	text, err := json.Marshal(d.pending())
	if err != nil {
		return decision.CannotTell("encode the changes of the pod: %w", err)
	}
	patch, err := jsonpatch.DecodePatch(text)
	if err != nil {
		return decision.CannotTell("decode the changes of the pod: %w", err)
	}
	raw, err := patch.Apply(d.raw)
	if err != nil {
		return decision.CannotTell("apply the changes of the pod: %w", err)
	}
	return d.begin(raw)
}

// mentions says whether a word of ASCII letters may be in the pod: nothing is decoded to find out that it is not.
func (d *draft) mentions(word string) bool {
	if rawjson.MayContain(d.raw, word) {
		return true
	}
	return slices.ContainsFunc(d.pending(), func(o decision.Operation) bool { return rawjson.MayContain(o.Value, word) })
}
