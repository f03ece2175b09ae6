package convert_test

import (
	"encoding/json"
	"math/rand"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

func init() {
	kinds = append(kinds, versions{
		kind:     "BroadcastJob",
		newAlpha: func() metav1.Object { return &v1alpha1.BroadcastJob{} },
		newBeta:  func() metav1.Object { return &v1beta1.BroadcastJob{} },
		up: func(alpha metav1.Object) metav1.Object {
			beta := &v1beta1.BroadcastJob{}
			must(alpha.(*v1alpha1.BroadcastJob).ConvertTo(beta))
			return beta
		},
		down: func(beta metav1.Object) metav1.Object {
			alpha := &v1alpha1.BroadcastJob{}
			must(alpha.ConvertFrom(beta.(*v1beta1.BroadcastJob)))
			return alpha
		},
		keepAlpha: func(metav1.Object, *rand.Rand) {},
		keepBeta:  func(metav1.Object, *rand.Rand) {},
	}, versions{
		kind:     "AdvancedCronJob",
		newAlpha: func() metav1.Object { return &v1alpha1.AdvancedCronJob{} },
		newBeta:  func() metav1.Object { return &v1beta1.AdvancedCronJob{} },
		up: func(alpha metav1.Object) metav1.Object {
			beta := &v1beta1.AdvancedCronJob{}
			must(alpha.(*v1alpha1.AdvancedCronJob).ConvertTo(beta))
			return beta
		},
		down: func(beta metav1.Object) metav1.Object {
			alpha := &v1alpha1.AdvancedCronJob{}
			must(alpha.ConvertFrom(beta.(*v1beta1.AdvancedCronJob)))
			return alpha
		},
		keepAlpha: func(object metav1.Object, _ *rand.Rand) {
			delete(object.GetAnnotations(), v1alpha1.KeptImageListPullJobTemplateKey)
		},
		keepBeta: func(object metav1.Object, _ *rand.Rand) {
			delete(object.GetAnnotations(), v1alpha1.KeptImageListPullJobTemplateKey)
		},
		annotate: []string{v1alpha1.KeptImageListPullJobTemplateKey},
	}, versions{
		kind:     "ContainerRecreateRequest",
		newAlpha: func() metav1.Object { return &v1alpha1.ContainerRecreateRequest{} },
		newBeta:  func() metav1.Object { return &v1beta1.ContainerRecreateRequest{} },
		up: func(alpha metav1.Object) metav1.Object {
			beta := &v1beta1.ContainerRecreateRequest{}
			must(alpha.(*v1alpha1.ContainerRecreateRequest).ConvertTo(beta))
			return beta
		},
		down: func(beta metav1.Object) metav1.Object {
			alpha := &v1alpha1.ContainerRecreateRequest{}
			must(alpha.ConvertFrom(beta.(*v1beta1.ContainerRecreateRequest)))
			return alpha
		},
		// The controller writes times in UTC, and all members of a container status.
		keepAlpha: func(object metav1.Object, _ *rand.Rand) {
			annotations := object.GetAnnotations()
			if canonical, ok := v1alpha1.UnreadyAcquired(annotations[v1alpha1.UnreadyAcquiredKey]); ok {
				annotations[v1alpha1.UnreadyAcquiredKey] = canonical
			}
			if statuses, ok := v1alpha1.SyncContainerStatuses(annotations[v1alpha1.SyncContainerStatusesKey]); ok {
				whole, err := json.Marshal(statuses)
				must(err)
				annotations[v1alpha1.SyncContainerStatusesKey] = string(whole)
			}
		},
		// It writes no other condition than this.
		keepBeta: func(object metav1.Object, r *rand.Rand) {
			delete(object.GetAnnotations(), v1alpha1.UnreadyAcquiredKey)
			delete(object.GetAnnotations(), v1alpha1.SyncContainerStatusesKey)
			object.(*v1beta1.ContainerRecreateRequest).Status.Conditions = pick(r, nil, []metav1.Condition{{
				Type: "PreRecreateGrace", Status: metav1.ConditionTrue, Reason: "PreRecreateGrace", Message: v1alpha1.PreRecreateGraceMessage,
				LastTransitionTime: metav1.NewTime(time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)),
			}})
		},
		annotate: []string{v1alpha1.UnreadyAcquiredKey, v1alpha1.SyncContainerStatusesKey},
	})
}
