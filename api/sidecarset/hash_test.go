package sidecarset_test

import (
	"encoding/json"
	"testing"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/sidecarset"
)

// spec holds what is hashed, as a user writes it.
func spec(t *testing.T, text string) v1beta1.SidecarSetSpec {
	t.Helper()
	var spec v1beta1.SidecarSetSpec
	if err := json.Unmarshal([]byte(text), &spec); err != nil {
		t.Fatal(err)
	}
	return spec
}

// Golden values of spec/inject.md 8.3b; GV1 to GV6 are pinned by OpenKruise's own tests.
func TestHashGoldenVectors(t *testing.T) {
	tests := []struct {
		name, spec         string
		hash, withoutImage string
	}{{
		name:         "GV1 GV2 bare container",
		spec:         `{"containers":[{"name":"container1","image":"test-image"}]}`,
		hash:         "w26c4x8fz245642fdv499b464248f974xddx4x55z5dw55bc6x66464fxz77dc78",
		withoutImage: "8wzddb4dvv9c6x8zdc77z4z75987424f457dfv6724ddw6zbdx467wz5x24fc759",
	}, {
		name: "GV1 GV2 plain init container does not count",
		spec: `{"containers":[{"name":"container1","image":"test-image"}],
			"initContainers":[{"name":"plain","image":"any"}]}`,
		hash:         "w26c4x8fz245642fdv499b464248f974xddx4x55z5dw55bc6x66464fxz77dc78",
		withoutImage: "8wzddb4dvv9c6x8zdc77z4z75987424f457dfv6724ddw6zbdx467wz5x24fc759",
	}, {
		name: "GV3 GV4 native sidecar counts",
		spec: `{"containers":[{"name":"container1","image":"test-image"}],
			"initContainers":[{"name":"container1","image":"test-image","restartPolicy":"Always"}]}`,
		hash:         "4xwx4d4844vd4v9x79wb4xbxf4xb29475cc4446v8cz2c2f2f5c5bw448vd42z8w",
		withoutImage: "5725fw8bwbx249bw57v5892c847dzf48bww9zb7c86xb95264fdz26654847b2c8",
	}, {
		name: "GV5 GV6 defaulted",
		spec: `{"containers":[{"name":"dns-f","image":"dns:1.0","terminationMessagePath":"/dev/termination-log",
			"terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent","podInjectPolicy":"BeforeAppContainer",
			"upgradeStrategy":{"upgradeType":"ColdUpgrade"},"shareVolumePolicy":{"type":"disabled"}}]}`,
		hash:         "6wbd76bd7984x24fb4f44fv9222cw9v9bcf85x766744wddd4zwx927zzz2zb684",
		withoutImage: "82684vwf9d4cb4wz4vffx4ddfbb47ww4z4wwxdbwb8w2zbb7zvf4524cdd49bv94",
	}, {
		name:         "GV7 no containers",
		spec:         `{}`,
		hash:         "x5vwx9w6vv4dv72c9w4c2f6v74fbwx545b45bbfz6z2dvf8w887xw86fvcb4cf48",
		withoutImage: "x5vwx9w6vv4dv72c9w4c2f6v74fbwx545b45bbfz6z2dvf8w887xw86fvcb4cf48",
	}, {
		name:         "GV8 empty list of containers",
		spec:         `{"containers":[]}`,
		hash:         "5662x672v59974vdzvf4bdfwc4v526wx5w7884vx5c7fc2f246v484v5988xb9z7",
		withoutImage: "5662x672v59974vdzvf4bdfwc4v526wx5w7884vx5c7fc2f246v484v5988xb9z7",
	}, {
		name: "GV9 GV10 plain init container counts beside a native sidecar",
		spec: `{"containers":[{"name":"c","image":"reg.example/c:1"}],
			"initContainers":[{"name":"plain","image":"reg.example/plain:1"},
				{"name":"native","image":"reg.example/native:1","restartPolicy":"Always"}]}`,
		hash:         "v5wcx4xzvxfv8cf84x59xf86w9wx62489xwbf5264v8db8xz82bzxwx4fvv97cx4",
		withoutImage: "vw6v496f95w624z778xffdc2vc76zw44dc6756b2fzxvz449x4568xfz47754v42",
	}, {
		name: "GV11 GV12 every member of a sidecar, in any order",
		spec: `{"containers":[{
			"resourcesPolicy":{"resourcesExpr":{"requests":{"memory":"100Mi"},"limits":{"cpu":"max(cpu*50%, 50m)"}},
				"targetContainersNameRegex":".*","targetContainersMode":"sum"},
			"transferEnv":[{"envName":"A","sourceContainerName":"app"},
				{"envNames":["B","C"],"sourceContainerNameFrom":{"fieldRef":{"fieldPath":"metadata.labels['main']","apiVersion":"v1"}}}],
			"shareVolumeDevicePolicy":{"type":"enabled"},"shareVolumePolicy":{"type":"enabled"},
			"upgradeStrategy":{"hotUpgradeEmptyImage":"reg.example/empty:1","upgradeType":"HotUpgrade"},
			"podInjectPolicy":"BeforeAppContainer","image":"reg.example/mesh:7","name":"mesh"}]}`,
		hash:         "78vw57fcc7z445wzfd45wvvf2c49f67zwcww24bdbx4d8d86dz4z2wczf9vxv99d",
		withoutImage: "4ffc4296dvvw46fww4246b79bw6b8cvbc6b4v8c2b76xcw4fb79bfb8z444f449v",
	}, {
		name: "GV13 GV14 escapes and canonical quantities",
		spec: `{"containers":[{"name":"esc","image":"reg.example/esc:1","command":["sh","-c","a && b < c > d"],
			"env":[{"name":"U","value":"café \u2028"}],
			"resources":{"limits":{"cpu":"1000m","memory":"1024Mi"},"requests":{"cpu":"0.25"}},
			"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File",
			"imagePullPolicy":"IfNotPresent","podInjectPolicy":"BeforeAppContainer",
			"upgradeStrategy":{"upgradeType":"ColdUpgrade"},"shareVolumePolicy":{"type":"disabled"}}]}`,
		hash:         "f54f46zvbv6458wccc8v48b4x754f8889659v55f48dxv764x9cb5b79w8zxx28f",
		withoutImage: "zwx84v4v64b4cw9x7c67f6wc4b85f4bz8cf8v49v5xfc745cwbbdv699x8725wb4",
	}, {
		name: "worked example 4.11",
		spec: `{"initContainers":[{"name":"warm","image":"reg.example/warm:2"}],
			"containers":[
			{"name":"shipper","image":"reg.example/shipper:5","volumeMounts":[{"name":"spool","mountPath":"/spool"}],
				"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent",
				"podInjectPolicy":"AfterAppContainer","upgradeStrategy":{"upgradeType":"ColdUpgrade"},"shareVolumePolicy":{"type":"disabled"}},
			{"name":"gate","image":"reg.example/gate:1",
				"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent",
				"podInjectPolicy":"BeforeAppContainer","upgradeStrategy":{"upgradeType":"ColdUpgrade"},"shareVolumePolicy":{"type":"disabled"}}]}`,
		hash:         "zbf4d8b2wxfxf8dw8dd8856z2d464478zxz646bv26c8257542xxczw2bz47v59d",
		withoutImage: "bd58vdb684fv2296cf5bzd479f79xb2bf8fv826f224zzbcw264xx259227fvb45",
	}}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			spec := spec(t, test.spec)
			hash, withoutImage, err := sidecarset.Hash(spec.Containers, spec.InitContainers)
			if err != nil {
				t.Fatal(err)
			}
			if hash != test.hash {
				t.Errorf("hash:\n got %s\nwant %s", hash, test.hash)
			}
			if withoutImage != test.withoutImage {
				t.Errorf("hash without image:\n got %s\nwant %s", withoutImage, test.withoutImage)
			}
		})
	}
}

func TestHashLeavesItsInputAlone(t *testing.T) {
	spec := spec(t, `{"containers":[{"name":"c","image":"i"}],"initContainers":[{"name":"n","image":"j","restartPolicy":"Always"}]}`)
	if _, _, err := sidecarset.Hash(spec.Containers, spec.InitContainers); err != nil {
		t.Fatal(err)
	}
	if spec.Containers[0].Image != "i" || spec.InitContainers[0].Image != "j" {
		t.Errorf("images became %q and %q", spec.Containers[0].Image, spec.InitContainers[0].Image)
	}
}
