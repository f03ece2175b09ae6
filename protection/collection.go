package protection

import (
	"fmt"
	"net/http"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// This file says how the verdict about one object reads while a collection is deleted, so that exactly what is not protected goes.
//
// The API server stops a DELETECOLLECTION at the first error of an object, with one exception: an object that is not found has gone by
// another hand, and it goes on with the next one (k8s.io/apiserver, Store.DeleteCollection, the same from Kubernetes 1.20 to 1.37). It
// takes the code and the reason from a webhook's refusal. So the refusal of a member of a collection says NotFound, which no client
// reads: the API server drops it, and the object stays. Warnings are what the user gets to read; that they name the object tells nobody
// more than the answer to the request, which lists all members. Whoever deletes a single object gets 403.

// memberKeys are the keys of the audit annotations about members. All members share one audit event, in which the API server keeps the
// first value of a key: under [AuditKey] the first member that was let go for its own sake would hide what was kept and why.
var memberKeys = map[Outcome]string{
	Refused:    AuditKey + "-kept",
	Warned:     AuditKey + "-warned",
	Audited:    AuditKey + "-audited",
	BrokeGlass: AuditKey + "-break-glass",
}

// inCollection says whether the object is deleted as a member of a collection: the request about it has no name (spec/protection.md 10).
func (o *occasion) inCollection() bool {
	return o.request.Operation == admissionv1.Delete && o.request.Name == "" && o.old.Name != ""
}

// asMember makes the verdict about a single object that about a member of a collection. The warning starts with what is kept, because
// the API server may cut it after 256 characters.
func (o *occasion) asMember(v Verdict) Verdict {
	if key, own := memberKeys[v.Outcome]; own {
		v.Audit = map[string]string{key: v.Audit[AuditKey]}
	}
	if v.Outcome == Refused {
		v.Code, v.Reason = http.StatusNotFound, metav1.StatusReasonNotFound
		v.Warn(fmt.Sprintf("%s %q is kept: %s", o.rule.Kind, o.old.Name, v.Message))
	}
	return v
}
