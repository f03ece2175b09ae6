package main

// Whether one object may be deleted, in the words of delete protection.

import (
	"context"
	"fmt"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kruise-admission/kruise-admission/cluster/dependents"
	"github.com/kruise-admission/kruise-admission/protection"
)

// deleteVerdict says whether one object may be deleted.
type deleteVerdict struct {
	metav1.TypeMeta
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	// Verdict is fine, refused or unknown.
	Verdict string `json:"verdict"`
	// Why says what decided.
	Why      string   `json:"why"`
	Warnings []string `json:"warnings,omitempty"`
	// Inside are the protected objects in a namespace.
	Inside []*deleteVerdict `json:"inside,omitempty"`
}

// deleteJudge asks the rules of delete protection.
type deleteJudge struct {
	rules *protection.Reviewer
	user  authenticationv1.UserInfo
}

// about asks whether an object may be deleted.
func (j *deleteJudge) about(ctx context.Context, rule *protection.Rule, o *object) *deleteVerdict {
	v := &deleteVerdict{TypeMeta: o.TypeMeta, Namespace: o.Metadata.Namespace, Name: o.Metadata.Name}
	version := o.APIVersion[strings.LastIndex(o.APIVersion, "/")+1:]
	dryRun := true
	d, err := j.rules.Review(ctx, &admissionv1.AdmissionRequest{
		Kind:      metav1.GroupVersionKind{Group: rule.Group, Version: version, Kind: o.Kind},
		Resource:  metav1.GroupVersionResource{Group: rule.Group, Version: version, Resource: rule.Resource},
		Name:      o.Metadata.Name,
		Namespace: o.Metadata.Namespace,
		Operation: admissionv1.Delete,
		UserInfo:  j.user,
		OldObject: runtime.RawExtension{Raw: o.raw},
		DryRun:    &dryRun,
	})
	v.Warnings = d.Warnings
	switch {
	case err != nil:
		v.Verdict, v.Why = unknown, err.Error()
	case !d.Allowed:
		v.Verdict, v.Why = refused, d.Message
	default:
		v.Verdict, v.Why = fine, strings.TrimPrefix(d.Audit[protection.AuditKey], "allowed: ")
		if v.Why == "" {
			v.Why = "it has no label " + protection.Label
		}
	}
	return v
}

func (v *deleteVerdict) text() string {
	var b strings.Builder
	v.write(&b, "")
	if len(v.Inside) > 0 {
		b.WriteString("\nProtected objects in the namespace, which go with it when it is deleted:\n")
		for _, inside := range v.Inside {
			inside.write(&b, "  ")
		}
	}
	return b.String()
}

func (v *deleteVerdict) write(b *strings.Builder, indent string) {
	name := v.Name
	if v.Namespace != "" {
		name = v.Namespace + "/" + name
	}
	fmt.Fprintf(b, "%s%-8s %s %s: %s\n", indent, v.Verdict, v.Kind, name, v.Why)
	for _, warning := range v.Warnings {
		fmt.Fprintf(b, "%s         warning: %s\n", indent, warning)
	}
}

// ownRights looks below objects with the rights of the user, who therefore may see every name that is found.
type ownRights struct{ *dependents.Live }

// MayList implements protection.Dependents.
func (ownRights) MayList(context.Context, authenticationv1.UserInfo, schema.GroupVersionResource, string) (bool, error) {
	return true, nil
}
