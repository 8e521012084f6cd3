# Reference numbers for least squares, logit and two-stage least squares.
# Run in this folder: Rscript regression.R > regression.json
# The data, regression.csv, are made up: 240 persons, three arms, twelve offices.
suppressMessages({library(sandwich); library(clubSandwich); library(AER); library(lmtest)})
d <- read.csv("regression.csv")
d$arm <- factor(d$arm, levels = c("control", "zia", "hia"))
d$office <- factor(d$office)
put <- function(x) paste0("[", paste(sprintf("%.17g", as.numeric(x)), collapse = ", "), "]")
out <- list()
add <- function(name, values) out[[name]] <<- put(values)

m <- lm(y ~ arm + age + wage, data = d)
mw <- lm(y ~ arm + age + wage, data = d, weights = weight)
ms <- lm(y ~ arm + age + office, data = d)
arms <- c("armzia", "armhia")
for (name in c("plain", "weighted", "strata")) {
  fit <- list(plain = m, weighted = mw, strata = ms)[[name]]
  add(paste0(name, "/estimate"), coef(fit)[arms])
  add(paste0(name, "/classical"), sqrt(diag(vcov(fit)))[arms])
  for (type in c("HC0", "HC1", "HC2", "HC3"))
    add(paste0(name, "/", type), sqrt(diag(vcovHC(fit, type = type)))[arms])
}
add("plain/CR1", sqrt(diag(vcovCL(m, cluster = d$office, type = "HC1")))[arms])
add("weighted/CR1", sqrt(diag(vcovCL(mw, cluster = d$office, type = "HC1")))[arms])

# clubSandwich loses digits on wages in cents (the sixth is wrong), so for CR2 columns
# are in standard deviations, which changes no arm's effect.
raw <- d
d$age <- as.numeric(scale(d$age)); d$wage <- as.numeric(scale(d$wage))
m <- lm(y ~ arm + age + wage, data = d)

# Persons assigned together: few clusters, a treatment that does not vary within.
mc <- lm(y ~ cluster_arm + age, data = d)
for (name in c("plain", "together")) {
  fit <- list(plain = m, together = mc)[[name]]
  chosen <- if (name == "plain") arms else "cluster_armzia"
  test <- coef_test(fit, vcov = "CR2", cluster = d$office, test = "Satterthwaite")
  test <- as.data.frame(test)
  row.names(test) <- names(coef(fit))
  df <- if ("df_Satt" %in% names(test)) test[chosen, "df_Satt"] else test[chosen, "df"]
  p <- if ("p_Satt" %in% names(test)) test[chosen, "p_Satt"] else test[chosen, "p_val"]
  add(paste0(name, "/CR2"), test[chosen, "SE"])
  add(paste0(name, "/CR2/df"), df)
  add(paste0(name, "/CR2/p"), p)
}
# Weights of persons, and of whole offices.
d$office_weight <- 1 + as.integer(d$office) / 10
for (kind in c("weight", "office_weight")) {
  fit <- lm(y ~ arm + age + wage, data = d, weights = d[[kind]])
  test <- as.data.frame(coef_test(fit, vcov = "CR2", cluster = d$office, test = "Satterthwaite"))
  name <- c(weight = "weighted", office_weight = "office_weighted")[kind]
  add(paste0(name, "/CR2"), test[2:3, "SE"])
  add(paste0(name, "/CR2/df"), test[2:3, if ("df_Satt" %in% names(test)) "df_Satt" else "df"])
}
d <- raw

# Effects by office group, and whether they differ.
d$late <- factor(as.integer(as.character(d$office)) > 6)
mi <- lm(y ~ arm * late + age, data = d)
v <- vcovHC(mi, type = "HC1")
cross <- c("armzia:lateTRUE", "armhia:lateTRUE")
b <- coef(mi)
for (arm in c("zia", "hia")) {
  k <- paste0("arm", arm); kl <- paste0(k, ":lateTRUE")
  add(paste0("by/", arm, "/estimate"), c(b[k], b[k] + b[kl]))
  add(paste0("by/", arm, "/HC1"), sqrt(c(v[k, k], v[k, k] + v[kl, kl] + 2 * v[k, kl])))
}
wald <- waldtest(lm(y ~ arm + late + age, data = d), mi, vcov = v)
add("by/all", c(wald$F[2], wald[["Pr(>F)"]][2]))

# The same with persons assigned together: HTZ.
mi <- lm(y ~ arm * late + age, data = transform(d, age = as.numeric(scale(age))))
v <- vcovCR(mi, cluster = d$office, type = "CR2")
for (arm in c("zia", "hia")) {
  k <- paste0("arm", arm)
  both <- matrix(as.numeric(names(coef(mi)) %in% c(k, paste0(k, ":lateTRUE"))), 1)
  found <- linear_contrast(mi, vcov = v, contrasts = rbind(constrain_zero(k, coef(mi)), both))
  add(paste0("by/", arm, "/CR2"), found$SE)
  add(paste0("by/", arm, "/CR2/df"), found$df)
}
htz <- Wald_test(mi, constraints = constrain_zero(cross, coef(mi)), vcov = v, test = "HTZ")
add("by/all/CR2", c(htz$Fstat, htz$df_denom, htz$p_val))

# Logit: effects with every person in the arm and in control; delta method.
l <- glm(job ~ arm + age + wage, data = d, family = binomial, control = list(epsilon = 1e-15, maxit = 100))
margins <- function(b, fit) {
  x <- model.matrix(fit)
  at <- function(zia, hia) { x[, "armzia"] <- zia; x[, "armhia"] <- hia; mean(plogis(x %*% b)) }
  c(at(1, 0) - at(0, 0), at(0, 1) - at(0, 0))
}
gradient <- function(fit) {
  x <- model.matrix(fit); b <- coef(fit)
  at <- function(zia, hia) { x[, "armzia"] <- zia; x[, "armhia"] <- hia
    p <- as.numeric(plogis(x %*% b)); colMeans(p * (1 - p) * x) }
  rbind(at(1, 0) - at(0, 0), at(0, 1) - at(0, 0))
}
add("logit/estimate", margins(coef(l), l))
g <- gradient(l)
add("logit/classical", sqrt(diag(g %*% vcov(l) %*% t(g))))
add("logit/HC0", sqrt(diag(g %*% vcovHC(l, type = "HC0") %*% t(g))))
add("logit/HC1", sqrt(diag(g %*% vcovHC(l, type = "HC1") %*% t(g))))
add("logit/CR1", sqrt(diag(g %*% vcovCL(l, cluster = d$office, type = "HC1") %*% t(g))))

# Two-stage least squares.
iv <- ivreg(y ~ got_zia + got_hia + age | arm + age, data = d)
got <- c("got_zia", "got_hia")
s <- summary(iv, diagnostics = TRUE)
add("iv/estimate", coef(iv)[got])
add("iv/classical", sqrt(diag(vcov(iv)))[got])
add("iv/HC0", sqrt(diag(vcovHC(iv, type = "HC0")))[got])
add("iv/HC1", sqrt(diag(vcovHC(iv, type = "HC1")))[got])
add("iv/CR1", sqrt(diag(vcovCL(iv, cluster = d$office, type = "HC1")))[got])
add("iv/wu_hausman", s$diagnostics["Wu-Hausman", c("statistic", "p-value")])
two <- d[d$arm != "hia", ]
one <- ivreg(y ~ got_zia + age | arm + age, data = two)
add("iv1/estimate", coef(one)["got_zia"])
for (type in c("HC0", "HC1")) {
  kind <- function(x, ...) vcovHC(x, type = type)
  add(paste0("iv1/", type), sqrt(diag(kind(one)))["got_zia"])
  first <- lm(got_zia ~ arm + age, data = two)
  add(paste0("iv1/", type, "/first"), waldtest(lm(got_zia ~ age, data = two), first, vcov = kind)$F[2])
  # Anderson and Rubin: the values at which the arm does not move y - value * receipt.
  ar <- function(value) {
    two$left <- two$y - value * two$got_zia
    coeftest(lm(left ~ arm + age, data = two), vcov. = kind)["armzia", "t value"]^2
  }
  critical <- qf(0.90, 1, nrow(two) - 3)
  middle <- coef(one)["got_zia"]
  ends <- c(uniroot(function(b) ar(b) - critical, c(middle - 20, middle), tol = 1e-13)$root,
            uniroot(function(b) ar(b) - critical, c(middle, middle + 20), tol = 1e-13)$root)
  add(paste0("iv1/", type, "/anderson_rubin"), ends)
}
cat("{\n", paste(sprintf('  "%s": %s', names(out), unlist(out)), collapse = ",\n"), "\n}\n", sep = "")
