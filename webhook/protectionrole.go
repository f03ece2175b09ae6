package webhook

import (
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/protection"
)

// DefaultServiceAccount is the ServiceAccount of the server in the plain installation manifests.
const DefaultServiceAccount = "kruise-admission"

// ProtectionRole is the ClusterRole with the rights that the table needs, and what gives them to the server. Rights add up, so it may
// repeat what the installation gives anyway.
func ProtectionRole(table *protection.Table, namespace, serviceAccount string, labels map[string]string) (*rbacv1.ClusterRole, *rbacv1.ClusterRoleBinding) {
	const name = "kruise-admission-delete-protection"
	meta := metav1.ObjectMeta{Name: name, Labels: labels}
	role := &rbacv1.ClusterRole{
		TypeMeta:   metav1.TypeMeta{APIVersion: rbacv1.SchemeGroupVersion.String(), Kind: "ClusterRole"},
		ObjectMeta: meta,
		Rules:      table.Rights(),
	}
	return role, &rbacv1.ClusterRoleBinding{
		TypeMeta:   metav1.TypeMeta{APIVersion: rbacv1.SchemeGroupVersion.String(), Kind: "ClusterRoleBinding"},
		ObjectMeta: meta,
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: name},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: serviceAccount}},
	}
}
