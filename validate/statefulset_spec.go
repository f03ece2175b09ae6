package validate

// The plain fields of a StatefulSet's spec: how pods are managed and numbered, the service that names them, what becomes of their
// claims, and which fields an update may not change. Rules 2 to 6, 21 and (d) 2.

import (
	"fmt"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// podManagement is rules 2 and 3.
func podManagement(set *statefulSet) field.ErrorList {
	path := specPath.Child("podManagementPolicy")
	switch policy := set.spec.PodManagementPolicy; policy {
	case appsv1.OrderedReadyPodManagement, appsv1.ParallelPodManagement:
		return nil
	case "":
		return field.ErrorList{field.Required(path, "OrderedReady or Parallel; defaulting fills in OrderedReady when the mutating webhook is installed")}
	default:
		return field.ErrorList{field.Invalid(path, policy, "must be OrderedReady or Parallel")}
	}
}

// reserveOrdinals is rules 4 to 6. OpenKruise reports all of them at spec.
func reserveOrdinals(set *statefulSet) field.ErrorList {
	var errs field.ErrorList
	for i, reserved := range set.spec.ReserveOrdinals {
		if problem := reservedOrdinal(reserved); problem != "" {
			errs = append(errs, field.Invalid(set.newerPath.Child("reserveOrdinals").Index(i), asWritten(&reserved), problem))
		}
	}
	return errs
}

// reservedOrdinal says what is wrong with an entry: a number, or a range of two.
func reservedOrdinal(reserved intstr.IntOrString) string {
	if reserved.Type == intstr.Int {
		if reserved.IntVal < 0 {
			return "must be 0 or more"
		}
		return ""
	}
	from, to, isRange := strings.Cut(reserved.StrVal, "-")
	if !isRange || !isDigits(from) || !isDigits(to) {
		return "must be a number without quotes, or a range such as \"3-5\""
	}
	first, err := strconv.Atoi(from)
	last, lastErr := strconv.Atoi(to)
	switch {
	case err != nil || lastErr != nil:
		return "has a number that is too large"
	case first > last:
		return fmt.Sprintf("must not begin after its end: write \"%d-%d\"", last, first)
	}
	return ""
}

// serviceName checks the service of a new StatefulSet; an existing one cannot get another. It is the subdomain of every pod, which
// OpenKruise leaves to the API server to find out.
func serviceName(set, old *statefulSet, found *findings) {
	name, path := set.spec.ServiceName, specPath.Child("serviceName")
	if name == "" {
		return
	}
	for _, message := range validation.IsDNS1123Label(name) {
		if old == nil {
			found.add(field.ErrorList{field.Invalid(path, name, "is the subdomain of every pod: "+message)})
		} else {
			found.warn(fmt.Sprintf("%s is the subdomain of every pod and %q cannot be one, so pods cannot be created", path, name))
		}
	}
}

// claimRetention is rule 21. A member may be left out only where defaulting fills it in.
func claimRetention(set *statefulSet) field.ErrorList {
	policy := set.spec.PersistentVolumeClaimRetentionPolicy
	if policy == nil {
		return nil
	}
	path := set.newerPath.Child("persistentVolumeClaimRetentionPolicy")
	var errs field.ErrorList
	for _, member := range []struct {
		name  string
		value v1beta1.PersistentVolumeClaimRetentionPolicyType
	}{{"whenDeleted", policy.WhenDeleted}, {"whenScaled", policy.WhenScaled}} {
		switch member.value {
		case v1beta1.RetainPersistentVolumeClaimRetentionPolicyType, v1beta1.DeletePersistentVolumeClaimRetentionPolicyType:
		default:
			errs = append(errs, field.NotSupported(path.Child(member.name), member.value, []v1beta1.PersistentVolumeClaimRetentionPolicyType{
				v1beta1.RetainPersistentVolumeClaimRetentionPolicyType, v1beta1.DeletePersistentVolumeClaimRetentionPolicyType}))
		}
	}
	return errs
}

// statefulSetImmutable is rule (d) 2: the selector, the service and the management of pods stay. A stored object without
// podManagementPolicy, from before there was a webhook, is one with its default.
func statefulSetImmutable(set, old *statefulSet) field.ErrorList {
	errs := set.sameSelector(old.base())
	stays := func(name, is, was string) {
		if is != was {
			errs = append(errs, field.Forbidden(specPath.Child(name), fmt.Sprintf(
				"is immutable: it is %q; keep it, or delete the StatefulSet and create it anew", was)))
		}
	}
	stays("serviceName", set.spec.ServiceName, old.spec.ServiceName)
	was := old.spec.PodManagementPolicy
	if was == "" {
		was = appsv1.OrderedReadyPodManagement
	}
	stays("podManagementPolicy", string(set.spec.PodManagementPolicy), string(was))
	return errs
}
