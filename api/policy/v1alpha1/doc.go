// Package v1alpha1 holds version v1alpha1 of the API group policy.kruise.io, which is still served.
//
// Only what differs from v1beta1 is declared here; everything else refers to the types of that package. ConvertTo and
// ConvertFrom translate whole objects to and from v1beta1, the hub.
//
// +kubebuilder:object:generate=true
// +groupName=policy.kruise.io
package v1alpha1
