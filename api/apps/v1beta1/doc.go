// Package v1beta1 holds version v1beta1 of the API group apps.kruise.io: the storage version, and the hub to which the
// rules of this project convert whatever a user sends.
//
// The types carry the wire format only. What admission writes into them is in package defaults, what it refuses in
// package validate. Shapes that are the same in all versions exist once, here; v1alpha1 refers to them.
//
// Pod templates, container bodies and volumes have no schema in the CRDs: the API server keeps whatever it is given
// there, also fields that are newer than this build. So decode into these types to decide, and never encode them back
// over what a user sent.
//
// +kubebuilder:object:generate=true
// +groupName=apps.kruise.io
package v1beta1
