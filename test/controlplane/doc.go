// Package controlplane runs a real Kubernetes control plane for tests and demonstrations: etcd, kube-apiserver and
// kube-controller-manager, three processes of one binary (test/cmd/controlplane) that [BuildOnce] builds from the Go
// modules of Kubernetes and etcd. Nothing needs to be installed, and nothing listens outside loopback.
//
// There is no kubelet and no scheduler: pods are created by the real controllers and stay Pending until a test says
// otherwise with [SetPodReady], or has [ControlPlane.KubeletForTest] play the kubelet of a namespace.
//
// # In tests
//
//	func TestMain(m *testing.M) { os.Exit(controlplane.Run(m)) }
//
//	func TestSomething(t *testing.T) {
//		cluster := controlplane.ForTest(t) // started by the first test that asks, shared by the package
//		namespace := cluster.NamespaceForTest(t)
//		...
//	}
//
// A test that kills the API server, or needs other flags, takes a control plane of its own: [StartForTest].
//
// # What it is careful about
//
//   - Ports: etcd listens on a Unix socket, the controller manager on nothing; the one port of the API server is held
//     from before the start until Stop, so that control planes started at the same time do not collide and a restarted
//     API server finds its port free.
//   - Orphans: every process ends with its starter, however that ended (see process.go), and the folder of a killed
//     run is removed by the next one (see rundir.go).
//   - Failures: errors end with the last lines of the log of the process that failed.
package controlplane
