// Package v1beta1 holds version v1beta1 of the API group policy.kruise.io: the storage version, and the hub to which the
// rules of this project convert whatever a user sends.
//
// The types carry the wire format only. What admission refuses in them is in package validate, what they protect pods from is in
// package protection/budget.
//
// +kubebuilder:object:generate=true
// +groupName=policy.kruise.io
package v1beta1
