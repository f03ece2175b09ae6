package validate

// Which sources a volume has.

import corev1 "k8s.io/api/core/v1"

// setSources names the sources that are set, in the order in which Kubernetes declares them.
func setSources(volume *corev1.Volume) []string {
	var set []string
	for _, source := range []struct {
		member string
		set    bool
	}{
		{"hostPath", volume.HostPath != nil},
		{"emptyDir", volume.EmptyDir != nil},
		{"gcePersistentDisk", volume.GCEPersistentDisk != nil},
		{"awsElasticBlockStore", volume.AWSElasticBlockStore != nil},
		{"gitRepo", volume.GitRepo != nil},
		{"secret", volume.Secret != nil},
		{"nfs", volume.NFS != nil},
		{"iscsi", volume.ISCSI != nil},
		{"glusterfs", volume.Glusterfs != nil},
		{"persistentVolumeClaim", volume.PersistentVolumeClaim != nil},
		{"rbd", volume.RBD != nil},
		{"flexVolume", volume.FlexVolume != nil},
		{"cinder", volume.Cinder != nil},
		{"cephfs", volume.CephFS != nil},
		{"flocker", volume.Flocker != nil},
		{"downwardAPI", volume.DownwardAPI != nil},
		{"fc", volume.FC != nil},
		{"azureFile", volume.AzureFile != nil},
		{"configMap", volume.ConfigMap != nil},
		{"vsphereVolume", volume.VsphereVolume != nil},
		{"quobyte", volume.Quobyte != nil},
		{"azureDisk", volume.AzureDisk != nil},
		{"photonPersistentDisk", volume.PhotonPersistentDisk != nil},
		{"projected", volume.Projected != nil},
		{"portworxVolume", volume.PortworxVolume != nil},
		{"scaleIO", volume.ScaleIO != nil},
		{"storageos", volume.StorageOS != nil},
		{"csi", volume.CSI != nil},
		{"ephemeral", volume.Ephemeral != nil},
		{"image", volume.Image != nil},
	} {
		if source.set {
			set = append(set, source.member)
		}
	}
	return set
}
