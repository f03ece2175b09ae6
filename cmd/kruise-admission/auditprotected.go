package main

// Which objects are protected from deletion.

import (
	"context"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/protection"
)

// protectedObject is an object that carries the label of delete protection.
type protectedObject struct {
	metav1.TypeMeta
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	// Label is the value of the label.
	Label string `json:"label"`
	// Protects says whether that value protects anything.
	Protects bool `json:"protects"`
}

func (p protectedObject) String() string {
	if p.Namespace == "" {
		return p.Kind + " " + p.Name
	}
	return p.Kind + " " + p.Namespace + "/" + p.Name
}

// addProtected lists the labelled objects of all kinds that are protected. A kind that cannot be listed is told, and keeps nothing
// else back.
func (r *auditReport) addProtected(ctx context.Context, source auditSource, table *protection.Table) error {
	rules := table.Rules()
	for i := range rules {
		rule := &rules[i]
		objects, err := source.labelled(ctx, rule)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			r.Unknown = append(r.Unknown, oneLine(err.Error()))
			continue
		}
		for j := range objects {
			value := objects[j].Labels[protection.Label]
			r.Protected = append(r.Protected, protectedObject{
				TypeMeta:  metav1.TypeMeta{APIVersion: rule.NewestFirst()[0].GroupVersion().String(), Kind: rule.Kind},
				Namespace: objects[j].Namespace, Name: objects[j].Name,
				Label: value, Protects: value == protection.Always || value == protection.Cascading,
			})
		}
	}
	slices.SortStableFunc(r.Protected, func(a, b protectedObject) int { return strings.Compare(a.Namespace, b.Namespace) })
	return nil
}
