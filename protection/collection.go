package protection

import (
	"fmt"
	"net/http"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/decision"
)

// This file says how the refusal of one object reads while a collection is deleted, so that exactly what is not protected goes.
//
// The API server stops a DELETECOLLECTION at the first error of an object, with one exception: an object that is not found has gone by
// another hand, and it goes on with the next one (k8s.io/apiserver, Store.DeleteCollection, the same from Kubernetes 1.20 to 1.37). It
// passes on the code and the reason of a webhook's refusal. So the refusal of a member of a collection says NotFound, which no client
// reads: the API server drops it, and the object stays. Warnings are what the user gets to read. Whoever deletes a single object gets 403.

// KeptAuditKey is the key of the audit annotation about an object that is kept while a collection is deleted. All objects of a
// collection share one audit event, in which the API server keeps the first value of a key; under [AuditKey] an object that was
// allowed would hide this one.
const KeptAuditKey = "delete-protection-kept"

// inCollection says whether the object is deleted as a member of a collection: the request about it has no name (spec §10).
func (o *occasion) inCollection() bool {
	return o.request.Operation == admissionv1.Delete && o.request.Name == "" && o.old.Name != ""
}

// keep refuses a member of a collection. The warning starts with what is kept, because the API server may cut it after 256 characters.
func (o *occasion) keep() decision.Decision {
	d := refuse(o.message)
	d.Code, d.Reason = http.StatusNotFound, metav1.StatusReasonNotFound
	d.Audit = map[string]string{KeptAuditKey: d.Audit[AuditKey]}
	d.Warn(fmt.Sprintf("%s %q is kept: %s", o.rule.Kind, o.old.Name, o.message))
	return d
}
