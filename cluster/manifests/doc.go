// Package manifests is the source of the cluster view that reads files, so that the server, the command line and tests run
// without a cluster.
//
// # What is read
//
// A path is a file, or a folder whose files named *.yaml, *.yml and *.json are read in the order of their names. Like kubectl apply -f,
// it does not look into sub-folders; hidden files are left out, which also leaves out the inner folders of a projected volume. A file holds any
// number of YAML or JSON documents. Lists are taken apart.
//
// SidecarSets (v1alpha1 and v1beta1), Namespaces, ControllerRevisions of a SidecarSet in the server's namespace, and the settings
// ConfigMap there fill the view. Those of the last two that name no namespace count as being in the server's; a reader that is not told which
// one that is takes them from everywhere. WorkloadSpreads, PodUnavailableBudgets,
// PersistentPodStates and PodProbeMarkers fill it too; those that name no namespace are in the namespace default, as kubectl has it. Other objects are counted and
// otherwise ignored, so that the folder which is applied to clusters can be used as it is.
//
// # How it differs from a cluster
//
// Nothing that is read here passed an API server: [Options].Prepare stands in for its defaults and for admission. And every namespace exists: one
// that is not in the manifests carries the label kubernetes.io/metadata.name, as every namespace does, and no other.
//
// # What happens when a file is wrong
//
// Everything read at one time counts together or not at all. At the start any error ends [Source.Run]: a path that does not exist, a document
// that is not YAML, a SidecarSet that cannot be read, two objects of one name. Later the same errors are reported once to [Options].OnError, and the
// view stays what it was until all is well again. Errors name file, document and line, and all of them are reported at once.
//
// # How a change is noticed
//
// By file system events, including those of the symbolic link that is swapped when a mounted ConfigMap changes; and, because events
// do not cover network file systems, links to links, or a node that has run out of inotify watches, by reading everything again every
// [RereadEvery]. Reading the same bytes again does nothing. New ones count when a second reading, a moment later, finds the same: a file that is
// being written may be empty, or cut off where it happens to make sense.
package manifests
