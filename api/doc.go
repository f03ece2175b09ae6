// Package api is the root of the wire types of the OpenKruise API and of what is known about them without a cluster:
//
//   - apps/v1beta1, apps/v1alpha1, policy/v1beta1, policy/v1alpha1: the kinds, version by version; deepcopy functions and the
//     CRDs in deploy/crds are generated from them (make generate) and have the structure of OpenKruise's CRDs, so that either can
//     be installed over the other;
//   - rawjson: reads the few members of a JSON text that are asked for, in one pass;
//   - wire: reads the objects of admission requests, and documents of manifests, into these types;
//   - convert: whole objects from one version to the other;
//   - sidecarset: keys and hashes that SidecarSets, pods and ControllerRevisions carry;
//   - workloadspread: which kinds can be spread, and how a pod says where it belongs;
//   - whitelist: kinds of workloads that the administrators of a cluster allow;
//   - podpatch: strategic merge patches of pods;
//   - expr: the expression language of a sidecar's resourcesPolicy.
//
// The package itself has no code, only the test that compares the CRDs.
package api
