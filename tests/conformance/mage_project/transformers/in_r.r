library("pipeline")
