package validate

import (
	"testing"

	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func TestScaledPercent(t *testing.T) {
	for _, test := range []struct {
		value intstr.IntOrString
		total int
		want  int
		fails bool
	}{
		{value: intstr.FromInt32(5), total: 10, want: 5},
		{value: intstr.FromInt32(-5), total: 10, want: -5},
		{value: intstr.FromString("20%"), total: 4, want: 1},
		{value: intstr.FromString("1%"), total: 4, want: 1},
		{value: intstr.FromString("0%"), total: 4, want: 0},
		{value: intstr.FromString("12.5%"), total: 8, want: 1},
		{value: intstr.FromString("1e2%"), total: 7, want: 7},
		{value: intstr.FromString("250%"), total: 4, want: 10},
		{value: intstr.FromString("-10%"), total: 4, want: 0},
		{value: intstr.FromString("-10%"), total: 40, want: -4},
		{value: intstr.FromString("5"), total: 10, fails: true},
		{value: intstr.FromString("5%%"), total: 10, fails: true},
		{value: intstr.FromString("%"), total: 10, fails: true},
		{value: intstr.FromString("five%"), total: 10, fails: true},
		{value: intstr.FromString("Inf%"), total: 10, fails: true},
		{value: intstr.FromString("NaN%"), total: 10, fails: true},
		{value: intstr.FromString("1e300%"), total: 10, fails: true},
	} {
		got, err := scaledPercent(test.value, test.total)
		if (err != nil) != test.fails || got != test.want {
			t.Errorf("%s of %d: %d, %v; want %d, failure %t", test.value.String(), test.total, got, err, test.want, test.fails)
		}
	}
}

func TestNonNegativeIntOrPercent(t *testing.T) {
	for _, test := range []struct {
		value intstr.IntOrString
		valid bool
	}{
		{intstr.FromInt32(0), true},
		{intstr.FromInt32(7), true},
		{intstr.FromInt32(-1), false},
		{intstr.FromString("0%"), true},
		{intstr.FromString("150%"), true},
		{intstr.FromString("-1%"), false},
		{intstr.FromString("12.5%"), false},
		{intstr.FromString("5"), false},
		{intstr.FromString(" 5%"), false},
		{intstr.FromString(""), false},
	} {
		errs := nonNegativeIntOrPercent(test.value, field.NewPath("spec", "partition"))
		if (len(errs) == 0) != test.valid {
			t.Errorf("%s: %v, want valid %t", test.value.String(), errs, test.valid)
		}
		for _, err := range errs {
			if err.Type != field.ErrorTypeInvalid || err.Field != "spec.partition" {
				t.Errorf("%s: %v", test.value.String(), err)
			}
		}
	}
}
