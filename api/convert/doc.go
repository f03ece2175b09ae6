// Package convert translates whole objects between the versions of their kind, for the conversion webhook and wherever
// rules written for the newest version meet an object in an older one.
//
// It works on the JSON as it came: only members that differ between the versions are opened, everything else stays as it
// is, byte for byte. So a field that this build does not know survives, in the metadata, in a pod template, in a
// container, and so does an empty list, which has another hash than none.
//
// v1beta1 is the hub. What the versions say differently is in spec/server.md 12.2; three rules hold for all kinds:
//
//   - Nothing that a user has written is lost on the way there and back. What a version cannot say at all is kept in an
//     annotation. Members of a status are not kept, because the controller writes them again.
//   - Fields of v1beta1 decide over labels and annotations that mean the same in v1alpha1, and a namespace of v1alpha1
//     decides over a namespaceSelector. What is overruled is gone.
//   - A value that no version allows is carried along, so that it is refused where it is written, and an object that
//     was stored with it can still be read. Only what has the wrong JSON type fails.
//
// The types in v1alpha1 have ConvertTo and ConvertFrom, which give the same results for what they know.
package convert
