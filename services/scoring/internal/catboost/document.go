package catboost

// A document is a model as both formats hold it, in CatBoost's own terms.
type document struct {
	format     string
	dimension  int
	floats     []floatFeature
	categories []categoryFeature
	oneHots    []oneHot
	ctrs       []ctr
	oblivious  []obliviousTree // one of the two
	trees      []asymmetricTree
	scale      float64
	bias       []float64 // none, one, or one a score
	info       info
	others     string // a kind of features that is not read here
	tables     map[string]*ctrTable
	hashed     map[int32]string // names of categories, where the file has them
}

// A floatFeature is a numeric feature. Flat is its number among all columns.
type floatFeature struct {
	index, flat int32
	borders     []float32
	name        string
	hasNaN      bool
	missing     nanTreatment
}

// nanTreatment says what a missing value is compared as, where training has
// met some.
type nanTreatment uint8

const (
	asIs    nanTreatment = iota // NaN, which is above nothing
	asFalse                     // -Inf
	asTrue                      // +Inf
)

type categoryFeature struct {
	index, flat int32
	name        string
	unused      bool
}

// A oneHot is the categories of a feature that splits test one by one.
type oneHot struct {
	feature int32 // the index of the categorical feature
	values  []int32
	names   []string // of the values, or none
}

// A ctr is a feature made of what was counted of categories in training.
type ctr struct {
	base          ctrBase
	border        int32 // of the target, that the counts are told apart by
	prior, denom  float32
	shift, factor float32
	borders       []float32
}

// A ctrBase names a table of counts.
type ctrBase struct {
	kind       ctrKind
	classifier int32 // which of the ways to split the target into classes
	categories []int32
	floats     []floatTest
	values     []valueTest
}

type floatTest struct {
	feature int32
	border  float32
}

type valueTest struct{ feature, value int32 }

type ctrKind uint8

const (
	ctrBorders ctrKind = iota
	ctrBuckets
	ctrBinarizedMean
	ctrFloatMean
	ctrCounter
	ctrFrequency
	ctrKinds
)

// ctrNames are the kinds as JSON names them.
var ctrNames = [...]string{"Borders", "Buckets", "BinarizedTargetMeanValue", "FloatTargetMeanValue", "Counter", "FeatureFreq"}

// A ctrTable is the counts of the keys met in training: of classes of the
// target, or their total, or the sum and number of targets.
type ctrTable struct {
	base        ctrBase
	keys        []uint64
	counts      []int32   // classes a key; one a key of Counter and FeatureFreq, and of means
	sums        []float32 // of means
	denominator int32
	classes     int32
}

// An obliviousTree asks the same split everywhere on a level. The answer to
// split i is bit i of the leaf's number.
type obliviousTree struct {
	splits []int32
	leaves []float64 // dimension values a leaf
}

// An asymmetricTree is splits with two children: other splits, or leaves, of
// which leaf i is ^i.
type asymmetricTree struct {
	splits      []int32
	left, right []int32
	leaves      []float64
}
