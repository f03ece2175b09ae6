package podsteps

import (
	"bytes"
	"encoding/json"
	"strings"

	jsonpatch "github.com/evanphx/json-patch/v5"
	admissionv1 "k8s.io/api/admission/v1"

	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/inject"
)

// draft is a pod on its way through the steps.
type draft struct {
	request *admissionv1.AdmissionRequest
	raw     []byte               // the pod without what is pending
	pending []decision.Operation // decided, and not yet in raw
	read    *inject.Pod          // of raw; nil when raw has changed since
	decided decision.Decision
	because string // the object because of which the present step changes the pod, if that is one
}

// add adds the operations of a step, which are against the pod as it is now.
func (d *draft) add(operations []decision.Operation) {
	d.pending = append(d.pending, operations...)
	d.decided.Patch = append(d.decided.Patch, operations...)
}

// object is the pod as it is now. The operations are applied as the API server applies them, with the same library.
func (d *draft) object() ([]byte, error) {
	if len(d.pending) == 0 {
		return d.raw, nil
	}
	text, err := json.Marshal(d.pending)
	if err != nil {
		return nil, decision.CannotTell("encode the changes of the pod: %w", err)
	}
	patch, err := jsonpatch.DecodePatch(text)
	if err != nil {
		return nil, decision.CannotTell("decode the changes of the pod: %w", err)
	}
	raw, err := patch.Apply(d.raw)
	if err != nil {
		return nil, decision.CannotTell("apply the changes of the pod: %w", err)
	}
	d.raw, d.pending, d.read = raw, nil, nil
	return raw, nil
}

// pod is the metadata of the pod as it is now.
func (d *draft) pod() (*inject.Pod, error) {
	raw, err := d.object()
	if err != nil {
		return nil, err
	}
	if d.read == nil {
		if d.read, err = inject.ReadPod(raw, d.request.Namespace); err != nil {
			return nil, err
		}
	}
	return d.read, nil
}

// posted is the metadata of the pod without what is pending, which need not be applied for those whom it does not touch.
func (d *draft) posted() (*inject.Pod, error) {
	if d.read != nil {
		return d.read, nil
	}
	return d.pod()
}

// mentions says whether a word of ASCII letters may be in the pod: nothing is decoded to find out that it is not.
func (d *draft) mentions(word string) bool {
	if bytes.Contains(d.raw, []byte(word)) || bytes.Contains(d.raw, []byte(`\u`)) {
		return true
	}
	for i := range d.pending {
		o := &d.pending[i]
		if strings.Contains(o.Path, word) || bytes.Contains(o.Value, []byte(word)) || bytes.Contains(o.Value, []byte(`\u`)) {
			return true
		}
	}
	return false
}

// edit begins to change the pod as it is now; see [edit.done].
func (d *draft) edit() (*edit, error) {
	raw, err := d.object()
	if err != nil {
		return nil, err
	}
	return &edit{draft: d, root: raw}, nil
}
