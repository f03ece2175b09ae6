package protection

import (
	"context"
	"fmt"

	admissionv1 "k8s.io/api/admission/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	kjson "sigs.k8s.io/json"

	"github.com/kruise-admission/kruise-admission/decision"
)

// KeepsContent says whether namespaces that hold protected objects are kept, so that every delete of a namespace is of interest.
func (t *Table) KeepsContent() bool { return len(t.content) > 0 }

// protectedLabels selects what carries a value that protects.
const protectedLabels = Label + " in (" + Always + "," + Cascading + ")"

// reviewContent keeps a namespace, which its own label lets go, while it holds objects that could not be deleted by themselves. It is
// asked before the namespace is being deleted, because afterwards nothing can be kept.
func (r *Reviewer) reviewContent(ctx context.Context, rule *Rule, request *admissionv1.AdmissionRequest, old *object, allowed Verdict) (Verdict, error) {
	namespace := old.Metadata.Name
	if !r.options.Table.KeepsContent() || old.Metadata.DeletionTimestamp != nil || !isNamespaceName(namespace) {
		return allowed, nil
	}
	subject := fmt.Sprintf("Namespace %q", namespace)
	for i := range r.options.Table.content {
		content := &r.options.Table.content[i]
		found, err := r.protectedObjects(ctx, content, request, namespace, subject)
		if err == nil && found.free {
			continue
		}
		return r.withhold(ctx, occasion{rule: rule, request: request, old: &old.Metadata, message: found.message, brief: found.brief, undecided: err})
	}
	return allowed, nil
}

// protectedObjects looks for objects of one resource that could not be deleted by themselves.
func (r *Reviewer) protectedObjects(ctx context.Context, content *Rule, request *admissionv1.AdmissionRequest, namespace, subject string) (finding, error) {
	if r.options.Dependents == nil {
		return finding{}, decision.CannotTell("whether %s holds protected objects is not known without a cluster", subject)
	}
	counts := func(raw []byte) (bool, error) { return r.isKept(ctx, content, request, raw) }
	for _, resource := range content.NewestFirst() {
		names, more, err := r.options.Dependents.Objects(ctx, namespace, resource, protectedLabels, counts)
		if apierrors.IsNotFound(err) {
			continue // not served in this version
		}
		if err != nil {
			return finding{}, decision.CannotTell("look for protected %s in %s: %w", content.GroupResource(), subject, err)
		}
		if len(names) == 0 {
			break
		}
		brief := fmt.Sprintf("forbidden by ResourcesProtectionDeletion: %s holds protected %s %d>0", subject, content.GroupResource(), len(names))
		return finding{brief: brief, message: fmt.Sprintf("%s: to delete it, first delete them or remove their label %s%s",
			brief, Label, r.mention(ctx, request.UserInfo, resource, namespace, names, more))}, nil
	}
	return finding{free: true}, nil
}

// isKept says whether an object could not be deleted by itself, in the mode that it is in.
func (r *Reviewer) isKept(ctx context.Context, content *Rule, request *admissionv1.AdmissionRequest, raw []byte) (bool, error) {
	o := &object{raw: raw}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, o); err != nil {
		return false, err
	}
	if o.Metadata.DeletionTimestamp != nil || r.mode(ctx, content, &o.Metadata) != Enforce {
		return false, nil
	}
	switch o.Metadata.Labels[Label] {
	case Always:
		return true, nil
	case Cascading:
		if content.Cascading.Method == ByNothing {
			return false, nil
		}
		found, err := r.below(ctx, content, request.UserInfo, o, fmt.Sprintf("%s %q", content.Kind, o.Metadata.Name))
		return err == nil && !found.free, err
	}
	return false, nil
}
